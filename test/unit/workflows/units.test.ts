import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFriendGraph } from '../../../activities/backends/embedded.ts';
import { notifyUsers } from '../../../activities/notify-users.ts';
import type { Pair, Recipient } from '../../../workflows/contract.ts';
import { planUnits, type Unit } from '../../../workflows/planning/units.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';
import { carriedBy, runnerOf } from '../../support/run-side-effect.ts';

const PER_PAIR = { name: 'clearCaches', per: 'pair' } as const;
const PER_MESSAGE = { name: 'notifyUsers', per: 'message' } as const;

/** Any valid UserID. */
const userId = fc.stringMatching(/^[ -~]{1,32}$/);
const distinctPairs = fc.uniqueArray(fc.record({ from: userId, to: userId }), {
  selector: ({ from, to }) => JSON.stringify([from, to]),
  minLength: 1,
  maxLength: 40,
});
const recipient = fc.constantFrom<Recipient>('from', 'to', 'both');

function messages(pairs: Pair[], to: Recipient) {
  return planUnits(PER_MESSAGE, pairs, to).map(({ message, pairs: carried }) => ({
    ...message,
    carries: carried.map((index) => `${pairs[index]?.from}>${pairs[index]?.to}`),
  }));
}

test('a side effect per pair has one unit per pair, in the order of the delivery', () => {
  const pairs = pairsOf(['bob', 'alice'], ['alice', 'bob'], ['alice', 'carol']);
  assert.deepEqual(planUnits(PER_PAIR, pairs, 'both'), [
    { pairs: [0], summary: 'bob → alice' },
    { pairs: [1], summary: 'alice → bob' },
    { pairs: [2], summary: 'alice → carol' },
  ]);
});

test('a message goes to From, and carries all pairs of From, sorted', () => {
  const pairs = pairsOf(['bob', 'x'], ['alice', 'z'], ['alice', 'b'], ['Alice', 'a']);
  assert.deepEqual(messages(pairs, 'from'), [
    { recipient: 'Alice', part: 1, parts: 1, carries: ['Alice>a'] },
    { recipient: 'alice', part: 1, parts: 1, carries: ['alice>b', 'alice>z'] },
    { recipient: 'bob', part: 1, parts: 1, carries: ['bob>x'] },
  ]);
});

test('in a two-way delete each account is From once', () => {
  const pairs = pairsOf(['211172', '425214'], ['425214', '211172']);
  assert.deepEqual(messages(pairs, 'from'), [
    { recipient: '211172', part: 1, parts: 1, carries: ['211172>425214'] },
    { recipient: '425214', part: 1, parts: 1, carries: ['425214>211172'] },
  ]);
});

test('with NOTIFY_RECIPIENT=to messages go to To, and with both to From and To', () => {
  const pairs = pairsOf(['alice', 'bob'], ['carol', 'bob']);
  assert.deepEqual(messages(pairs, 'to'), [
    { recipient: 'bob', part: 1, parts: 1, carries: ['alice>bob', 'carol>bob'] },
  ]);
  assert.deepEqual(messages(pairs, 'both'), [
    { recipient: 'alice', part: 1, parts: 1, carries: ['alice>bob'] },
    { recipient: 'bob', part: 1, parts: 1, carries: ['alice>bob', 'carol>bob'] },
    { recipient: 'carol', part: 1, parts: 1, carries: ['carol>bob'] },
  ]);
});

test('an account that left its own list gets one message', () => {
  assert.equal(messages(pairsOf(['alice', 'alice']), 'both').length, 1);
});

test('the order of the callback does not change what a message carries', () => {
  fc.assert(
    fc.property(
      distinctPairs.chain((pairs) =>
        fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
      ),
      recipient,
      ([pairs, shuffled], to) => assert.deepEqual(messages(shuffled, to), messages(pairs, to)),
    ),
  );
});

test('every pair is in one message to each of its recipients, and parts are numbered from 1', () => {
  fc.assert(
    fc.property(distinctPairs, recipient, (pairs, to) => {
      const units = planUnits(PER_MESSAGE, pairs, to);
      const carriedTo = units.flatMap(({ message, pairs: carried }) =>
        carried.map((index) => [message?.recipient, index]),
      );
      const expected = pairs.flatMap(({ from, to: other }, index) => {
        const ends = { from: [from], to: [other], both: [...new Set([from, other])] }[to];
        return ends.map((end) => [end, index]);
      });
      const sorted = (list: unknown[][]) => list.map((each) => JSON.stringify(each)).sort();
      assert.deepEqual(sorted(carriedTo), sorted(expected));
      assertNumbered(units);
    }),
  );
});

test('a long list is cut into parts that keep the sorted order, and no part is empty', () => {
  const pairs = Array.from({ length: 3_000 }, (_, index) => ({
    from: 'alice',
    to: `friend-${index}`,
  })).reverse();
  const units = planUnits(PER_MESSAGE, pairs, 'from');
  assert.ok(units.length > 1);
  assertNumbered(units);
  for (const { pairs: carried } of units) assert.ok(carried.length > 0);
  const carried = units.flatMap((unit) => unit.pairs.map((index) => pairs[index]?.to ?? ''));
  assert.deepEqual(carried, pairs.map(({ to }) => to).sort());
});

for (const [what, character] of [
  ['plain', 'x'],
  ['escaped by JSON', '"'],
] as const) {
  test(`given ids of 32 ${what} characters, then messages fit the vendor's 12 KB and are as few as that allows`, async () => {
    const id = (index: number) => String(index).padEnd(32, character);
    const pairs = Array.from({ length: 1_000 }, (_, index) => ({ from: id(0), to: id(index + 1) }));
    const { delivery } = deliveryOf(pairs);
    const deliveryId = `${'x'.repeat(64)}-01234567`;
    const graph = createFriendGraph(0);
    for (const unit of planUnits(PER_MESSAGE, pairs, 'from')) {
      const carried = unit.pairs.map((index) => pairs[index] as Pair);
      assert.ok(unit.message);
      const input = { delivery: { ...delivery, deliveryId }, pairs: carried };
      await runnerOf(notifyUsers, { messenger: graph })(carriedBy(unit.message, input));
    }
    const { inbox } = graph.view(id(0));
    assert.ok(inbox.length > 5);
    const sizes = inbox.map((message) => Buffer.byteLength(sendmsgBody(message)));
    assert.ok(Math.max(...sizes) <= 12_000);
    assert.ok(Math.min(...sizes.slice(0, -1)) >= 9_000, 'all but the last are well filled');
  });
}

test('summaries fit the 120 characters that Temporal takes', () => {
  const pairs = Array.from({ length: 999 }, (_, index) => ({
    from: 'f'.repeat(32),
    to: String(index).padEnd(32, '"'),
  }));
  for (const sideEffect of [PER_PAIR, PER_MESSAGE]) {
    for (const { summary } of planUnits(sideEffect, pairs, 'both')) {
      assert.ok(summary.length > 0 && summary.length <= 120, summary);
    }
  }
});

test('a summary says who gets how many pairs', () => {
  const [one] = planUnits(PER_MESSAGE, pairsOf(['alice', 'bob']), 'from');
  assert.equal(one?.summary, 'to alice (1 pair)');
  const pairs = Array.from({ length: 1_000 }, (_, index) => ({ from: 'alice', to: String(index) }));
  const units = planUnits(PER_MESSAGE, pairs, 'from');
  assert.match(units[1]?.summary ?? '', new RegExp(`^to alice, part 2 of ${units.length} \\(\\d+ pairs\\)$`));
});

function assertNumbered(units: Unit[]): void {
  const numbers = new Map<string, { seen: number[]; parts: Set<number> }>();
  for (const { message } of units) {
    assert.ok(message);
    const { seen, parts } = numbers.get(message.recipient) ?? { seen: [], parts: new Set<number>() };
    numbers.set(message.recipient, { seen: [...seen, message.part], parts: parts.add(message.parts) });
  }
  for (const { seen, parts } of numbers.values()) {
    assert.deepEqual(
      seen,
      seen.map((_, index) => index + 1),
    );
    assert.deepEqual([...parts], [seen.length]);
  }
}

/** A request of the vendor's REST API, with every optional field. */
function sendmsgBody(message: unknown): string {
  const { recipient } = (message as { data: { recipient: string } }).data;
  return JSON.stringify({
    SyncOtherMachine: 2,
    From_Account: 'a'.repeat(32),
    To_Account: recipient,
    MsgSeq: 4_294_967_295,
    MsgRandom: 4_294_967_295,
    MsgLifeTime: 604_800,
    OnlineOnlyFlag: 0,
    ForbidCallbackControl: ['ForbidBeforeSendMsgCallback', 'ForbidAfterSendMsgCallback'],
    SendMsgControl: ['NoUnread', 'NoLastMsg', 'WithMuteNotifications'],
    MsgBody: [
      {
        MsgType: 'TIMCustomElem',
        MsgContent: { Data: JSON.stringify(message), Desc: '', Ext: '', Sound: '' },
      },
    ],
  });
}
