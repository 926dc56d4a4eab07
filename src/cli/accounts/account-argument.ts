import { InvalidArgumentError } from '@commander-js/extra-typings';
import { USER_ID } from '../../callback/user-id.ts';

/** Takes the account as it is, spaces included. */
export function accountArgument(value: string): string {
  if (USER_ID.test(value)) return value;
  throw new InvalidArgumentError('expected a UserID: 1–32 bytes of printable ASCII.');
}
