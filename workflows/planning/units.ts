import {
  describePairs,
  type Message,
  type Pair,
  type PlannedSideEffect,
  type Recipient,
} from '../contract.ts';

/**
 * A unit is done or not done as a whole. It is one pair, one message that carries several pairs, or the delivery's
 * callback, which carries none.
 */
export type Unit = {
  /** Positions in the delivery's list of pairs. */
  pairs: number[];
  /** For a person: `alice → bob`. */
  summary: string;
  message?: Message;
  isCallback?: true;
};

/** The unit of a side effect that relays the callback itself. */
const CALLBACK: Unit = { pairs: [], summary: 'the callback', isCallback: true };

/**
 * How many bytes the pairs of one message may have. Each pair is counted with two levels of escapes, because a message
 * is JSON within the JSON of Tencent's `sendmsg`. The vendor refuses messages over 12 KB; what is left of that is for
 * the other fields.
 */
const MAX_MESSAGE_BYTES = 10_000;

/** Cuts a side effect of a delivery into units. The same pairs always give the same units, in the same order. */
export function planUnits(
  sideEffect: PlannedSideEffect,
  pairs: readonly Pair[],
  notifyRecipient: Recipient,
): Unit[] {
  if (sideEffect.per === 'message') return planMessages(pairs, notifyRecipient);
  if (sideEffect.per === 'callback') return [CALLBACK];
  return pairs.map((pair, index) => ({ pairs: [index], summary: describePairs([pair]) }));
}

/**
 * One message per recipient, in several parts where its pairs don't fit into one. Recipients and pairs are sorted, so
 * that a part has the same bytes on every retry: its idempotency key promises that.
 */
function planMessages(pairs: readonly Pair[], notifyRecipient: Recipient): Unit[] {
  const byRecipient = new Map<string, number[]>();
  const order = pairs.map((_, index) => index).sort((a, b) => comparePairs(pairs, a, b));
  for (const index of order) {
    for (const recipient of recipientsOf(pairs[index] as Pair, notifyRecipient)) {
      const own = byRecipient.get(recipient);
      if (own) own.push(index);
      else byRecipient.set(recipient, [index]);
    }
  }
  const recipients = [...byRecipient.keys()].sort(compareText);
  return recipients.flatMap((recipient) => {
    const parts = cutIntoParts(byRecipient.get(recipient) ?? [], pairs);
    return parts.map((part, index) => ({
      pairs: part,
      summary: summarise(recipient, { part: index + 1, parts: parts.length }, part.length),
      message: { recipient, part: index + 1, parts: parts.length },
    }));
  });
}

function recipientsOf(pair: Pair, notifyRecipient: Recipient): Set<string> {
  if (notifyRecipient === 'both') return new Set([pair.from, pair.to]);
  return new Set([pair[notifyRecipient]]);
}

function cutIntoParts(indices: number[], pairs: readonly Pair[]): number[][] {
  const parts: number[][] = [];
  let room = 0;
  for (const index of indices) {
    const size = JSON.stringify(JSON.stringify(pairs[index])).length;
    if (size > room) {
      parts.push([]);
      room = MAX_MESSAGE_BYTES;
    }
    parts.at(-1)?.push(index);
    room -= size;
  }
  return parts;
}

function summarise(
  recipient: string,
  { part, parts }: { part: number; parts: number },
  count: number,
): string {
  const pairs = count === 1 ? '1 pair' : `${count} pairs`;
  return parts === 1 ? `to ${recipient} (${pairs})` : `to ${recipient}, part ${part} of ${parts} (${pairs})`;
}

function comparePairs(pairs: readonly Pair[], a: number, b: number): number {
  const [left, right] = [pairs[a] as Pair, pairs[b] as Pair];
  return compareText(left.from, right.from) || compareText(left.to, right.to);
}

/** Compares code units, because the order must not depend on the locale of the worker. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * What of a side effect progress counts for a unit: its pairs, or the callback as the only one. Each is a position
 * from 0.
 */
export function countedIn({ pairs, isCallback }: Unit): readonly number[] {
  return isCallback ? [0] : pairs;
}
