import type { Unit } from '../planning/units.ts';
import { withCommas } from '../text.ts';

/** The units of one activity, by their positions in ascending order. It has at least one. */
export type Batch = readonly number[];

/**
 * How many bytes the units of one activity may have. Temporal accepts 2 MB, but keeps every input in the history of
 * the workflow, and suggests continue-as-new at 4 MB.
 */
const MAX_INPUT_BYTES = 256 * 1024;

/** Cuts units into batches of at most `size` units and {@link MAX_INPUT_BYTES}. A larger unit has a batch of its own. */
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

/** For a person: `alice → bob`, `101–200 of 6,000`, `messages 101–200 of 3,000`, `12 of 101–200 of 6,000`. */
export function describeBatch(batch: Batch, units: readonly Unit[]): string {
  const [first = 0, last = first] = [batch[0], batch.at(-1)];
  if (batch.length === 1) return units[first]?.summary ?? '';
  const [from, to, total] = [first + 1, last + 1, units.length].map(withCommas);
  const isWholeRange = last - first + 1 === batch.length;
  const range = `${isWholeRange ? '' : `${withCommas(batch.length)} of `}${from}–${to} of ${total}`;
  return units[first]?.message ? `messages ${range}` : range;
}
