import { InvalidArgumentError } from '@commander-js/extra-typings';
import { parseDuration } from '../../config/duration.ts';

/** Without a zone, a time would be another one on each machine. */
const ISO = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;

/** A parser for options that take a time: ISO 8601 with its zone, or a duration back from now. In ms since the epoch. */
export function moment(value: string): number {
  const back = parseDuration(value);
  const at = back === undefined ? parseIso(value) : Date.now() - back;
  if (Number.isFinite(at)) return Math.round(at);
  throw new InvalidArgumentError(
    'expected a time with its zone, such as 2026-11-25T12:00:00Z or 2026-11-25T20:00:00+08:00, or how long ago, such as 2h.',
  );
}

function parseIso(value: string): number {
  const [, day] = ISO.exec(value) ?? [];
  // Date.parse takes 30 February for 2 March.
  if (day === undefined || !isDay(day)) return Number.NaN;
  return Date.parse(value);
}

function isDay(day: string): boolean {
  const parsed = new Date(`${day}T00:00:00Z`);
  return Number.isFinite(parsed.getTime()) && parsed.toISOString().startsWith(day);
}
