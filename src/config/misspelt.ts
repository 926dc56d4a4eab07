import { FIELDS } from './fields.ts';
import { OF_OPEN_TELEMETRY, OF_TEMPORAL, TEMPORAL_METADATA } from './others-names.ts';
import type { Environment } from './role.ts';
import { fileSetting, SECRETS } from './secrets.ts';

const KNOWN = new Set([
  ...Object.keys(FIELDS),
  ...SECRETS.map(fileSetting),
  ...OF_TEMPORAL,
  ...OF_OPEN_TELEMETRY,
]);

/** Shorter names, such as HOST and PORT, differ in one letter from too many names that other programs read. */
const SHORTEST = 5;

/**
 * Finds variables that nobody here reads, but that look like a setting. It returns one sentence per variable, with names
 * and no values. One letter may be missing, wrong or too many, or two may be swapped. Case and underscores don't count.
 * With two wrong letters it would also find names that belong to others: NOTIFY_SOCKET, which systemd sets, differs in two
 * letters from NOTIFY_SECRET.
 */
export function misspeltSettings(environment: Environment): string[] {
  const unknown = Object.keys(environment).filter((name) => environment[name]?.trim() && !isKnown(name));
  return unknown.flatMap((name) => {
    const meant = [...KNOWN].find((known) => resembles(name, known));
    return meant ? [`${name}: no such setting; if you mean ${meant}, rename it`] : [];
  });
}

function isKnown(name: string): boolean {
  return KNOWN.has(name) || name.startsWith(TEMPORAL_METADATA);
}

function resembles(name: string, known: string): boolean {
  const letters = lettersOf(known);
  return letters.length >= SHORTEST && isOneTypoApart(lettersOf(name), letters);
}

function lettersOf(name: string): string {
  return name.replaceAll('_', '').toUpperCase();
}

/** Whether at most one letter differs, or two neighbours are swapped. */
function isOneTypoApart(left: string, right: string): boolean {
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < shorter - start && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const ofLeft = left.slice(start, left.length - end);
  const ofRight = right.slice(start, right.length - end);
  if (ofLeft.length <= 1 && ofRight.length <= 1) return true;
  return ofLeft.length === 2 && ofRight === [...ofLeft].reverse().join('');
}
