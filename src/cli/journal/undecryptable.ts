import type { Listed } from '../../journal/reader.ts';
import { OperatorError } from '../../operator-error.ts';
import { print } from '../output.ts';

/** An entry whose key this command lacks. */
export type Undecryptable = { id: string; reason: string };

export function undecryptableOf(found: readonly Listed<unknown>[]): Undecryptable[] {
  return found.flatMap(({ key, missingKey }) =>
    missingKey === undefined ? [] : [{ id: key, reason: missingKey }],
  );
}

export function damagedOf(found: readonly Listed<unknown>[]): string[] {
  return found.filter(({ record, missingKey }) => !record && missingKey === undefined).map(({ key }) => key);
}

export function printUndecryptable(undecryptable: readonly Undecryptable[]): void {
  for (const { id, reason } of undecryptable) print(`  entry ${id} is ${reason}`);
}

/** To be called once the rest is printed, so that people see which entries there are. */
export function failIfUndecryptable(undecryptable: readonly Undecryptable[]): void {
  if (undecryptable.length === 0) return;
  const reasons = [...new Set(undecryptable.map(({ reason }) => reason))].join('; ');
  const entries = undecryptable.length === 1 ? '1 entry' : `${undecryptable.length} entries`;
  throw new OperatorError(
    `This command can't decrypt ${entries} (${reasons}). Set PAYLOAD_KEYS as the receiver has it. Nothing is lost.`,
  );
}
