import { composeCallback } from '../../src/callback/compose-request.ts';
import type { Arrival, MessageArrival } from './doubles/ledger-endpoint.ts';
import { groupBy } from './group-by.ts';
import { faultsOfMessages } from './inputs/expected-messages.ts';
import { digestOf } from './inputs/numbered-callbacks.ts';
import { numberOfPair } from './inputs/numbered-pairs.ts';
import { documentsOf, keysOf, type Left } from './inputs/stored-friends.ts';
import type { Entry } from './ledger.ts';

/** What the stores still have, and what reached the endpoint. */
export type Done = {
  left: Left;
  messages: readonly MessageArrival[];
  relayed: readonly Arrival[];
  /** When something was killed that may have done a side effect, or taken one, without having noted it, in ms. */
  kills: readonly { from: number; until: number }[];
};

/** What contradicts the callbacks that were sent. Each names the callback by its number. */
export type SideEffectFaults = {
  /** Acknowledged, and a side effect is not done. */
  missing: string[];
  /** Not acknowledged, and some side effects are done, others not. */
  halfDone: string[];
  /** Came again after it was taken, though nothing was killed in between. */
  repeated: string[];
  /** Forged, or it says something else than the callback. */
  wrong: string[];
  /** Of a callback that was never sent. */
  invented: string[];
};

/** How often something came again after a kill. Its key, `webhook-id` or the delivery id, was the same. */
export type Repeats = { messages: number; relayed: number };

/** Holds the side effects against the callbacks that were sent and how each was answered. */
export function accountFor(
  entries: readonly Entry[],
  done: Done,
): { faults: SideEffectFaults; repeatsAfterKills: Repeats } {
  const faults: SideEffectFaults = { missing: [], halfDone: [], repeated: [], wrong: [], invented: [] };
  const messages = groupBy(done.messages, ({ message }) => numberOfPair(message.data.pairs[0]));
  const numbers = new Map(entries.map(({ pairs }, number) => [digestOfPairs(pairs), number]));
  const relayed = groupBy(done.relayed, ({ digest }) => numbers.get(digest) ?? Number.NaN);
  const invented = (what: string, found: Map<number, unknown[]>) =>
    [...found.keys()].filter((number) => !entries[number]).map((number) => `${what} of ${number}`);
  faults.invented.push(...invented('message', messages), ...invented('relayed callback', relayed));
  for (const [number, entry] of entries.entries()) {
    const own = { messages: messages.get(number) ?? [], relayed: relayed.get(number) ?? [] };
    accountForOne({ number, entry, ...own, left: done.left }, faults);
  }
  const repeatsAfterKills = {
    messages: noteRepeats(
      'message',
      groupBy(done.messages, ({ id }) => id),
      done.kills,
      faults,
    ),
    relayed: noteRepeats(
      'relayed callback',
      groupBy(done.relayed, ({ deliveryId }) => deliveryId),
      done.kills,
      faults,
    ),
  };
  return { faults, repeatsAfterKills };
}

type One = { number: number; entry: Entry; messages: MessageArrival[]; relayed: Arrival[]; left: Left };

function accountForOne({ number, entry, messages, relayed, left }: One, faults: SideEffectFaults): void {
  const { pairs, deliveryIds } = entry;
  const taken = messages.filter(({ isSigned }) => isSigned);
  const once = [...new Map(taken.map((each) => [each.id, each.message])).values()];
  const forged = [...messages, ...relayed].filter(({ isSigned }) => !isSigned).length;
  if (forged > 0) faults.wrong.push(`${number}: ${forged} forged`);
  const contents = once.length > 0 ? faultsOfMessages(once, pairs) : [];
  faults.wrong.push(...contents.map((what) => `${number}: ${what}`));
  const ids = [...once.map(({ data }) => data.deliveryId), ...relayed.map(({ deliveryId }) => deliveryId)];
  if (deliveryIds.size > 0 && ids.some((id) => id === undefined || !deliveryIds.has(id)))
    faults.wrong.push(`${number}: under another delivery id than was answered`);
  const parts = {
    ...areGone('key', keysOf(pairs), left.keys),
    ...areGone('document', documentsOf(pairs), left.documents),
    message: once.length > 0,
    'relayed callback': relayed.some(({ isSigned }) => isSigned),
  };
  const open = Object.keys(parts).filter((part) => !parts[part as keyof typeof parts]);
  if (open.length === 0) return;
  const what = `${number}: ${open.join(', ')}`;
  if (deliveryIds.size > 0) faults.missing.push(what);
  else if (open.length < Object.keys(parts).length) faults.halfDone.push(what);
}

/** Whether each of them is gone. */
function areGone(what: string, names: string[], left: ReadonlySet<string>): Record<string, boolean> {
  return Object.fromEntries(names.map((name) => [`${what} ${name}`, !left.has(name)]));
}

/** Notes what came again though nothing was killed in between. @returns how often something came again after a kill */
function noteRepeats<T extends { at: number }>(
  what: string,
  arrivals: Map<string | undefined, T[]>,
  kills: Done['kills'],
  faults: SideEffectFaults,
): number {
  let explained = 0;
  for (const [id, all] of arrivals) {
    for (const [index, again] of all.entries()) {
      const before = all[index - 1];
      if (!before) continue;
      if (kills.some(({ from, until }) => from <= again.at && until >= before.at)) explained += 1;
      else faults.repeated.push(`${what} ${id}: at ${before.at}, again at ${again.at}`);
    }
  }
  return explained;
}

function digestOfPairs(pairs: Entry['pairs']): string {
  return digestOf(composeCallback({ sdkAppId: '', pairs, now: 0 }).body);
}
