import ms from 'ms';
import { z } from 'zod';
import { parseDuration } from './duration.ts';

/** Why a parser refuses a value. `reason` says what was expected. */
export type InvalidValue = { invalid: true; reason: string };

export function invalid(reason: string): InvalidValue {
  return { invalid: true, reason };
}

/** A text with a default, turned into `T` by `parse`, which may refuse it as {@link invalid}. */
export function text<T>(fallback: string, parse: (value: string) => T | InvalidValue) {
  return z.string().default(fallback).transform(parsedBy(parse));
}

/** As {@link text}, without a default. */
export function optionalText<T>(parse: (value: string) => T | InvalidValue) {
  return z.string().transform(parsedBy(parse)).optional();
}

function parsedBy<T>(parse: (value: string) => T | InvalidValue) {
  return (value: string, context: z.RefinementCtx): T => {
    const parsed = parse(value);
    if (typeof parsed === 'object' && parsed !== null && 'invalid' in parsed) {
      context.addIssue({ code: 'custom', message: (parsed as InvalidValue).reason });
      return z.NEVER;
    }
    return parsed as T;
  };
}

export const duration = (fallback: string, longest: ms.StringValue) =>
  text(fallback, (value) => {
    const parsed = parseDuration(value);
    if (parsed === undefined)
      return invalid('expected a duration with its unit, such as 500ms, 75s, 2m or 7d');
    return parsed <= ms(longest) ? parsed : invalid(`expected at most ${longest}`);
  });

export const portNumber = z
  .string()
  .refine((value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535, 'expected a port from 0 to 65535')
  .transform(Number)
  .optional();

export const onOff = (fallback: 'on' | 'off') =>
  text(fallback, (value) =>
    value === 'on' || value === 'off' ? value === 'on' : invalid('expected on or off'),
  );

export const oneOf = <const T extends string>(values: readonly T[], fallback: T) =>
  text(
    fallback,
    (value) => values.find((known) => known === value) ?? invalid(`expected one of: ${values.join(', ')}`),
  );

export const list = (fallback: string) => text(fallback, splitList);

/** The values between commas. Empty ones don't count. */
export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

export const wholeNumber = (fallback: number, least: number, most: number) =>
  text(String(fallback), (value) => {
    const parsed = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (parsed >= least && parsed <= most) return parsed;
    return invalid(`expected a whole number from ${least} to ${most}`);
  });

/** A secret in printable ASCII; no message repeats its value. */
export const secretText = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without spaces')
  .optional();

export const httpUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'expected http://… or https://…')
  .optional();
