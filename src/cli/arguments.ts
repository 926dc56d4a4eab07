import { InvalidArgumentError } from '@commander-js/extra-typings';

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
