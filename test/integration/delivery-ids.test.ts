import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { deliveryIds } from '../../src/callback/delivery-id.ts';
import { DirectIntake } from '../../src/intake/direct-intake.ts';
import { Dispatcher } from '../../src/intake/dispatcher.ts';
import type { Intake } from '../../src/intake/intake.ts';
import { JournalIntake } from '../../src/intake/journal-intake.ts';
import { RecentCallbacks } from '../../src/intake/recent-callbacks.ts';
import { Journal } from '../../src/journal/journal.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createClient } from '../../src/temporal/connect.ts';
import { FreshStarts } from '../../src/temporal/start/fresh-starts.ts';
import { DeliveryStarter } from '../../src/temporal/start/start-delivery.ts';
import { type FriendDeletedInput, workflowId } from '../../workflows/contract.ts';
import { holdJournal } from '../support/doubles/hold-journal.ts';
import { callbackOf } from '../support/inputs/callbacks.ts';
import { collidingCallbacks, identityOf, type Named } from '../support/inputs/colliding-callbacks.ts';
import { memoryFolder, startTestTemporal, type TestTemporal } from '../support/servers/temporal.ts';
import { SDK_APP_ID } from '../support/stages/receiver.ts';
import { workflowInput } from '../support/stages/worker.ts';

type Colliding = ReturnType<typeof collidingCallbacks>;

const WINDOW = 120_000;
const logger = createLogger('silent');
const metrics = createMetrics().journal;

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

const stops: (() => Promise<void>)[] = [];
let folder: ReturnType<typeof memoryFolder>;
beforeEach(() => {
  folder = memoryFolder();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  folder.remove();
});

/** A receiver without a journal. While `outage.isOn`, its starts fail. */
function startDirect(outage = { isOn: false }) {
  const freshStarts = new FreshStarts();
  const client = createClient(temporal.settings, [freshStarts.interceptor]);
  stops.push(() => client.connection.close());
  const starter = new DeliveryStarter(client, freshStarts, {
    taskQueue: 'nobody-polls',
    plan: workflowInput([]).plan,
    indexAccounts: true,
  });
  const failing: typeof starter.start = async (delivery) => {
    if (outage.isOn) throw new Error('Temporal is away');
    return starter.start(delivery);
  };
  const recent = new RecentCallbacks(WINDOW);
  const parts = { starter: { start: failing, look: starter.look.bind(starter) }, recent, logger };
  return { starter, recent, direct: new DirectIntake(parts) };
}

/** A receiver whose journal is handed over when the test says so. */
async function startJournaling(outage?: { isOn: boolean }) {
  const { starter, recent, direct } = startDirect(outage);
  const journal = await Journal.open({
    dir: folder.path,
    maxPending: 1_000,
    remember: WINDOW,
    metrics,
    logger,
  });
  stops.push(() => journal.close());
  const parts = { direct, recent, journaled: () => undefined, dedupeWindow: WINDOW, metrics, logger };
  return {
    intake: new JournalIntake({ journal, ...parts }),
    journal,
    async handOver() {
      const { store } = journal;
      const dispatcher = new Dispatcher({ store, starter, pressure: { isHigh: false }, metrics, logger });
      dispatcher.start();
      await dispatcher.stop(20_000);
      assert.equal(store.pendingCount, 0);
    },
  };
}

/** Holds the journal, at most until the test ends. */
async function hold() {
  const held = await holdJournal(folder.path);
  stops.push(held.letGo);
  return held;
}

/** The pairs that the delivery with this id has in Temporal; undefined: there is none. */
async function startedPairs(deliveryId: string) {
  const handle = temporal.client.workflow.getHandle(workflowId({ sdkAppId: SDK_APP_ID, deliveryId }));
  try {
    const { events } = await handle.fetchHistory();
    const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    return (JSON.parse(Buffer.from(payload?.data ?? []).toString()) as FriendDeletedInput).pairs;
  } catch {
    return undefined;
  }
}

/** Every id that one of them may have. */
function idsOf(sent: Named[], { callback }: Colliding): Set<string> {
  return new Set(
    sent.flatMap((each) => {
      const { key, receivedAt } = callback(each);
      return [...deliveryIds(key, receivedAt)];
    }),
  );
}

/** Each callback was started under the id that was answered, and under no other one. */
async function checkStarted(answered: Map<string, string>, sent: Named[], colliding: Colliding) {
  const expected = new Map(sent.map((each) => [answered.get(identityOf(each)), colliding.pairs(each.body)]));
  assert.equal(expected.size, answered.size, 'no two have the same id');
  for (const id of idsOf(sent, colliding)) assert.deepEqual(await startedPairs(id), expected.get(id), id);
}

/** Sends one after another; returns the id of each callback. */
async function sendAll(intake: Intake, sent: Named[], { callback }: Colliding): Promise<Map<string, string>> {
  const answered = new Map<string, string>();
  for (const each of sent) {
    const { deliveryId, duplicate } = await intake.accept(callback(each));
    const identity = identityOf(each);
    assert.equal(duplicate, answered.has(identity), identity);
    assert.equal(answered.get(identity) ?? deliveryId, deliveryId, identity);
    answered.set(identity, deliveryId);
  }
  return answered;
}

/** Each as RequestId and body. */
const NASTY: Record<string, (set: Colliding) => [string | undefined, number][]> = {
  'a RequestId that looks like the id of another one’s second body': ({ plain, suffixed }) => [
    [plain, 1],
    [suffixed(plain, 2, 8), 3],
    [plain, 2],
  ],
  'such a RequestId with that same body': ({ plain, suffixed }) => [
    [plain, 1],
    [suffixed(plain, 2, 8), 2],
    [plain, 2],
  ],
  'every shorter id taken': ({ plain, suffixed }) => [
    [plain, 1],
    ...[8, 16, 32].map((digits): [string, number] => [suffixed(plain, 2, digits), 2]),
    [plain, 2],
    [plain, 3],
  ],
  'a RequestId that is the hash of another one': ({ odd, hashed }) => [
    [hashed, 1],
    [odd, 1],
    [odd, 2],
    [hashed, 2],
  ],
  'a RequestId that looks like the id of a callback without one': ({ timed, suffixed }) => [
    [undefined, 2],
    [timed, 2],
    [timed, 1],
    [suffixed(timed, 1, 8), 3],
  ],
  'the same the other way round': ({ timed }) => [
    [timed, 1],
    [undefined, 2],
  ],
};

describe('callbacks whose ids get into each other’s way', () => {
  for (const [index, [what, compose]] of Object.entries(NASTY).entries()) {
    const sequence = (way: string) => {
      const colliding = collidingCallbacks(`${way}-${index}`);
      const once = compose(colliding).map(([requestId, body]) => ({ requestId, body }));
      return { colliding, sent: [...once, ...once.toReversed()] };
    };

    test(`given ${what}, then without a journal each has a workflow and an id of its own`, async () => {
      const { colliding, sent } = sequence('direct');
      const answered = await sendAll(startDirect().direct, sent, colliding);
      await checkStarted(answered, sent, colliding);
    });

    test(`given ${what}, then with a journal each has a workflow and an id of its own`, async () => {
      const { colliding, sent } = sequence('journal');
      const receiver = await startJournaling();
      const answered = await sendAll(receiver.intake, sent, colliding);
      await receiver.handOver();
      await checkStarted(answered, sent, colliding);
    });

    test(`given ${what}, some of them taken by another receiver, then each has one workflow`, async () => {
      const { colliding, sent } = sequence('two');
      const elsewhere = startDirect().direct;
      for (const each of sent.slice(0, 2).toReversed()) await elsewhere.accept(colliding.callback(each));
      const receiver = await startJournaling();
      await sendAll(receiver.intake, sent, colliding);
      await receiver.handOver();

      const found: unknown[] = [];
      for (const id of idsOf(sent, colliding)) found.push(await startedPairs(id));
      const distinct = new Map(sent.map((each) => [identityOf(each), colliding.pairs(each.body)]));
      const text = (pairs: unknown) => JSON.stringify(pairs);
      assert.deepEqual(
        found
          .filter((pairs) => pairs !== undefined)
          .map(text)
          .sort(),
        [...distinct.values()].map(text).sort(),
      );
    });
  }
});

describe('a commit that is only slow', () => {
  const pairs = [{ from: 'slow', to: 'disk' }];

  test('given a RequestId that came before with another body, then the second way starts it under the id that the journal chose', async () => {
    const receiver = await startJournaling();
    const first = callbackOf({ requestId: 'slow-1', pairs });
    const second = callbackOf({ requestId: 'slow-1', pairs: [{ from: 'slow', to: 'other' }] });
    await receiver.intake.accept(first);
    const held = await hold();
    const chosen = `slow-1-${second.key.bodyHash.slice(0, 8)}`;
    assert.deepEqual(await receiver.intake.accept(second), { deliveryId: chosen, duplicate: false });
    assert.deepEqual(await receiver.intake.accept(second), { deliveryId: chosen, duplicate: true });
    assert.equal(await startedPairs('slow-1'), undefined, 'the first one waits in the journal');
    await held.letGo();

    await receiver.handOver();
    assert.deepEqual(await startedPairs('slow-1'), pairs);
    assert.deepEqual(await startedPairs(chosen), [{ from: 'slow', to: 'other' }]);
    assert.equal(await startedPairs(`slow-1-${first.key.bodyHash.slice(0, 8)}`), undefined);
  });

  test('given no RequestId, then the second way and the journal have one id for it, whatever comes again meanwhile', async () => {
    const receiver = await startJournaling();
    const at = Date.now();
    const held = await hold();
    const first = await receiver.intake.accept(callbackOf({ pairs, receivedAt: at }));
    const again = { ...first, duplicate: true };
    assert.equal(first.duplicate, false);
    assert.deepEqual(await receiver.intake.accept(callbackOf({ pairs, receivedAt: at + 1_000 })), again);
    await held.letGo();
    assert.deepEqual(await receiver.intake.accept(callbackOf({ pairs, receivedAt: at + 2_000 })), again);
    await receiver.handOver();
    assert.deepEqual(await receiver.intake.accept(callbackOf({ pairs, receivedAt: at + 3_000 })), again);
    assert.deepEqual(await startedPairs(first.deliveryId), pairs);
  });

  test('given no RequestId, and Temporal away for a moment, then what is sent again after the refusal is the same delivery', async () => {
    const outage = { isOn: true };
    const receiver = await startJournaling(outage);
    const at = Date.now();
    const send = (receivedAt: number) => receiver.intake.accept(callbackOf({ pairs, receivedAt }));
    const held = await hold();
    await assert.rejects(send(at), { name: 'NotDurableError' });
    outage.isOn = false;
    const { deliveryId } = await send(at + 1_000);
    assert.match(deliveryId, new RegExp(`-${at}$`));
    await held.letGo();

    await receiver.handOver();
    assert.deepEqual(await startedPairs(deliveryId), pairs);
    assert.equal(await startedPairs(deliveryId.replace(/\d+$/, String(at + 1_000))), undefined);
  });
});

test('given a disk that hangs, then refused callbacks that wait for the quarantine are bounded, and what waits is kept in the end', async () => {
  const receiver = await startJournaling();
  const held = await hold();
  const raw = { receivedAt: Date.now(), query: {}, body: '' };
  const waiting = Array.from({ length: 32 }, () => receiver.intake.keepRefused(raw, 'broken'));
  await receiver.intake.keepRefused(raw, 'broken');
  assert.equal(receiver.journal.store.quarantinedCount, 0);
  await held.letGo();
  await Promise.all(waiting);
  assert.equal(receiver.journal.store.quarantinedCount, 32);
});

test('given what the second way took before a restart, then another body of its RequestId takes nothing from it, and neither is started twice', async () => {
  const first = callbackOf({ requestId: 'forgotten-1', pairs: [{ from: 'a', to: 'b' }] });
  const second = callbackOf({ requestId: 'forgotten-1', pairs: [{ from: 'a', to: 'c' }] });
  await startDirect().direct.accept(first);
  const receiver = await startJournaling();
  await receiver.intake.accept(second);
  await receiver.handOver();
  await receiver.intake.accept(first);
  await receiver.handOver();
  assert.deepEqual(await startedPairs('forgotten-1'), [{ from: 'a', to: 'b' }]);
  assert.deepEqual(await startedPairs(`forgotten-1-${second.key.bodyHash.slice(0, 8)}`), [
    { from: 'a', to: 'c' },
  ]);
  assert.equal(await startedPairs(`forgotten-1-${first.key.bodyHash.slice(0, 8)}`), undefined);
});
