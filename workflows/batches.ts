import type { FriendDeletedInput, SideEffectInput } from './contract.ts';
import type { Unit } from './units.ts';

/** What one activity is about: positions of a side effect's units, in ascending order, at least one. */
export type Batch = readonly number[];

/**
 * What the pairs of an activity's input may take, in bytes. Temporal takes 2 MB, but keeps every input in the
 * workflow's history, and suggests at 4 MB to continue as new.
 */
const MAX_INPUT_BYTES = 256 * 1024;

/** How a delivery is batched; undefined: it is so small, or so old, that every unit has an activity of its own. */
export function batchingOf({ plan, pairs }: FriendDeletedInput): { above: number; size: number } | undefined {
  return plan.batch && pairs.length > plan.batch.above ? plan.batch : undefined;
}

/** Cuts units into batches of up to `size` that fit an activity's input; one that alone doesn't is a batch too. */
export function cutBatches(
  units: Batch,
  { size, bytesOf }: { size: number; bytesOf(unit: number): number },
): Batch[] {
  const batches: number[][] = [];
  let room = 0;
  for (const unit of units) {
    const bytes = bytesOf(unit);
    const last = batches.at(-1);
    if (last && last.length < size && bytes <= room) {
      last.push(unit);
      room -= bytes;
    } else {
      batches.push([unit]);
      room = MAX_INPUT_BYTES - bytes;
    }
  }
  return batches;
}

/** What a unit adds to an activity's input, in bytes. */
export function unitBytes({ pairs, message }: Unit, { pairs: all }: FriendDeletedInput): number {
  const carried = pairs.reduce((bytes, pair) => bytes + JSON.stringify(all[pair]).length + 1, 0);
  return carried + (message ? JSON.stringify(message).length + ',"pairs":9999'.length : 0);
}

/** The argument of the activity for these units. */
export function composeInput(
  { delivery, pairs }: FriendDeletedInput,
  units: readonly Unit[],
): SideEffectInput {
  const messages = units.flatMap(({ message, pairs: { length } }) =>
    message ? [{ ...message, pairs: length }] : [],
  );
  return {
    delivery,
    pairs: units.flatMap((unit) => unit.pairs).flatMap((pair) => pairs[pair] ?? []),
    ...(messages.length > 0 && { messages }),
  };
}

/** For a person: `alice → bob`, `101–200 of 6,000`, `messages 101–200 of 3,000`, `12 of 101–200 of 6,000`. */
export function describeBatch(batch: Batch, units: readonly Unit[]): string {
  const [first = 0, last = first] = [batch[0], batch.at(-1)];
  if (batch.length === 1) return units[first]?.summary ?? '';
  const [from, to, total] = [first + 1, last + 1, units.length].map(withCommas);
  const all = last - first + 1 === batch.length;
  const range = `${all ? '' : `${withCommas(batch.length)} of `}${from}–${to} of ${total}`;
  return units[first]?.message ? `messages ${range}` : range;
}

/** Not `toLocaleString`: what a workflow says must not depend on the worker's locale data. */
function withCommas(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
