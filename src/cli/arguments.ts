import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { SIDE_EFFECTS } from '../../activities/index.ts';
import { USER_ID } from '../../workflows/user-id.ts';
import { parseDuration } from '../config/duration.ts';

/** The largest callback that the vendor can send: 3,000 friends of one account, deleted both ways. */
export const MAX_PAIRS = 6_000;

/** A parser for options that take a whole number from 1 to `max`. */
export function wholeNumber(max: number): (value: string) => number {
  return (value) => {
    const parsed = Number(value);
    if (/^\d+$/.test(value) && parsed >= 1 && parsed <= max) return parsed;
    throw new InvalidArgumentError(`expected a whole number from 1 to ${max}.`);
  };
}

/** A parser for options that take a duration, in ms. */
export function duration(value: string): number {
  const parsed = parseDuration(value);
  if (parsed === undefined)
    throw new InvalidArgumentError('expected a duration with its unit, such as 30m, 1h or 2d.');
  return parsed;
}

/** A parser for arguments and options that take an account, as it is, spaces included. */
export function userId(value: string): string {
  if (USER_ID.test(value)) return value;
  throw new InvalidArgumentError('expected a UserID: 1–32 bytes of printable ASCII.');
}

/** Checks the name here: a signal that names an unknown side effect does nothing, and reports nothing. */
export function effectOption(description: string) {
  return new Option('--effect <name>', description).choices(SIDE_EFFECTS.map(({ name }) => name));
}
