import { InvalidArgumentError } from '@commander-js/extra-typings';
import { isUserId } from '../../callback/user-id.ts';

/** Takes the account as it is, spaces included. */
export function accountArgument(value: string): string {
  if (isUserId(value)) return value;
  throw new InvalidArgumentError('expected a UserID: 1–32 bytes of printable ASCII.');
}
