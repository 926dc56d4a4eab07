import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { EMBEDDED } from '../../support/inputs/embedded.ts';
import '../../support/typescript-threads.ts';
import { readSettings } from '../../../src/config/settings.ts';
import { DirectIntake } from '../../../src/intake/direct-intake.ts';
import { JournalIntake } from '../../../src/intake/journal-intake.ts';
import { RecentCallbacks } from '../../../src/intake/recent-callbacks.ts';
import { type RunningIntake, startIntake } from '../../../src/intake/start-intake.ts';
import { JournalLockedError } from '../../../src/journal/folder/lock.ts';
import { Journal } from '../../../src/journal/journal.ts';
import { requeue } from '../../../src/journal/operate/requeue.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { FreshStarts } from '../../../src/temporal/start/fresh-starts.ts';
import { DeliveryStarter } from '../../../src/temporal/start/start-delivery.ts';
import { workflowId } from '../../../workflows/contract.ts';
import { callbackOf } from '../../support/inputs/callbacks.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { SDK_APP_ID } from '../../support/stages/receiver.ts';
import { workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

/** An address where no Temporal answers. */
const NOWHERE = '127.0.0.1:1';

describe('JournalIntake', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const stops: (() => Promise<void>)[] = [];

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    folder.remove();
  });

  /** A receiver's intake on this test's journal, which is open. */
  async function start(address?: string, environment: Record<string, string> = {}): Promise<RunningIntake> {
    const settings = readSettings(
      { ...EMBEDDED, SDK_APP_ID, JOURNAL_DIR: folder.path, ...environment },
      'serve',
    );
    const freshStarts = new FreshStarts();
    const connectionOptions = { address: address ?? String(temporal.settings.connectionOptions.address) };
    const at = { ...temporal.settings, connectionOptions };
    const client = createClient(at, [freshStarts.interceptor]);
    const metrics = createMetrics();
    const logger = createLogger('silent');
    const running = startIntake({ settings, temporal: at, client, freshStarts, metrics, logger });
    stops.push(async () => {
      await running.stop().catch(() => undefined);
      await client.connection.close();
    });
    await running.settled;
    return running;
  }

  /** The second way, to Temporal. */
  function directIntake() {
    const freshStarts = new FreshStarts();
    const client = createClient(temporal.settings, [freshStarts.interceptor]);
    stops.push(() => client.connection.close());
    const options = { taskQueue: 'nobody-polls', plan: workflowInput([]).plan, indexAccounts: true };
    const recent = new RecentCallbacks(60_000);
    const direct = new DirectIntake({
      starter: new DeliveryStarter(client, freshStarts, options),
      recent,
      logger: createLogger('silent'),
    });
    return { direct, recent };
  }

  const openJournal = ({ journal }: RunningIntake): Journal => {
    assert.equal(journal?.kind, 'open');
    return journal.journal;
  };
  const pendingOf = (running: RunningIntake) => openJournal(running).store.pendingCount;
  const drained = (running: RunningIntake) =>
    until('the journal to be empty', () => pendingOf(running) === 0);
  const inputOf = async (deliveryId: string) => {
    const id = workflowId({ sdkAppId: SDK_APP_ID, deliveryId });
    return temporal.client.workflow.getHandle(id).describe();
  };

  /** How many workflows were started for deliveries whose id begins like that, once Temporal lists them. */
  const startedWith = async (deliveryId: string) => {
    const prefix = workflowId({ sdkAppId: SDK_APP_ID, deliveryId });
    const query = `WorkflowId STARTS_WITH "${prefix}"`;
    return until('a list with it', async () => (await temporal.client.workflow.count(query)).count);
  };

  test('given no Temporal, then a callback is acknowledged and pending; the next process starts its workflow', async () => {
    const away = await start(NOWHERE);
    const { deliveryId } = await away.intake.accept(callbackOf({ requestId: 'pending-1' }));
    assert.equal(pendingOf(away), 1);
    await stops.pop()?.();

    const back = await start();
    await drained(back);
    assert.equal((await inputOf(deliveryId)).type, 'friendDeleted');
  });

  test('given the same callback again, then it is a duplicate: while pending, after, and by another process', async () => {
    const away = await start(NOWHERE);
    const again = { deliveryId: 'again-1', duplicate: true };
    const callback = callbackOf({ requestId: 'again-1' });
    assert.equal((await away.intake.accept(callback)).duplicate, false);
    assert.deepEqual(await away.intake.accept(callback), again);
    await stops.pop()?.();

    const back = await start();
    assert.deepEqual(await back.intake.accept(callback), again);
    await drained(back);
    assert.deepEqual(await back.intake.accept(callback), again);
  });

  test('given equal callbacks at the same instant, then one is journaled', async () => {
    const away = await start(NOWHERE);
    const receipts = await Promise.all(
      Array.from({ length: 20 }, () => away.intake.accept(callbackOf({ requestId: 'raced-1' }))),
    );
    assert.equal(receipts.filter(({ duplicate }) => !duplicate).length, 1);
    assert.equal(pendingOf(away), 1);
  });

  test('given equal callbacks at the same instant on two receivers with journals of their own, then there is one workflow', async () => {
    const receivers = [await start(), await start(undefined, { JOURNAL_DIR: `${folder.path}/second` })];
    const callback = callbackOf({ requestId: 'raced-2' });
    const receipts = await Promise.all(receivers.map(({ intake }) => intake.accept(callback)));
    assert.deepEqual(
      receipts.map(({ deliveryId }) => deliveryId),
      ['raced-2', 'raced-2'],
    );
    for (const running of receivers) await drained(running);
    assert.equal((await inputOf('raced-2')).type, 'friendDeleted');
    assert.equal(await startedWith('raced-2'), 1);
    const asAnotherBody = inputOf(`raced-2-${callback.key.bodyHash.slice(0, 8)}`);
    await assert.rejects(asAnotherBody, { name: 'WorkflowNotFoundError' });
  });

  test('given one RequestId with two bodies at the same instant, then both are journaled, each with an id of its own', async () => {
    const away = await start(NOWHERE);
    const other = callbackOf({ requestId: 'bodies-1', pairs: [{ from: 'x', to: 'y' }] });
    const receipts = await Promise.all([
      away.intake.accept(callbackOf({ requestId: 'bodies-1' })),
      away.intake.accept(other),
    ]);
    assert.deepEqual(
      receipts.map(({ duplicate }) => duplicate),
      [false, false],
    );
    assert.equal(receipts[0]?.deliveryId, 'bodies-1');
    assert.match(receipts[1]?.deliveryId ?? '', /^bodies-1-[0-9a-f]{8}$/);
  });

  test('given another body under a RequestId that another receiver took, then it gets a workflow of its own', async () => {
    const direct = await start(undefined, { INTAKE: 'direct' });
    await direct.intake.accept(callbackOf({ requestId: 'elsewhere-1' }));
    const here = await start();
    const other = callbackOf({ requestId: 'elsewhere-1', pairs: [{ from: 'x', to: 'y' }] });
    await here.intake.accept(other);
    await drained(here);
    assert.equal((await inputOf(`elsewhere-1-${other.key.bodyHash.slice(0, 8)}`)).type, 'friendDeleted');
  });

  test('given equal callbacks without a RequestId, then the window holds across a restart, also with the clock set back', async () => {
    const at = 1_700_000_000_000;
    const first = await (await start(NOWHERE)).intake.accept(callbackOf({ receivedAt: at }));
    await stops.pop()?.();
    const { intake } = await start(NOWHERE);
    const receive = (receivedAt: number) => intake.accept(callbackOf({ receivedAt }));
    assert.deepEqual(await receive(at + 119_999), { ...first, duplicate: true });
    assert.deepEqual(await receive(at - 60_000), { ...first, duplicate: true });
    assert.equal((await receive(at + 120_000)).duplicate, false);
  });

  test('given JOURNAL_MAX_PENDING, then what is above it is started before the answer', async () => {
    const running = await start(NOWHERE, { JOURNAL_MAX_PENDING: '1' });
    const { intake } = running;
    await intake.accept(callbackOf({ requestId: 'full-1' }));
    assert.equal(openJournal(running).unavailable, 'JOURNAL_MAX_PENDING is reached');
    await assert.rejects(intake.accept(callbackOf({ requestId: 'full-2' })), { name: 'NotDurableError' });
  });

  test('given no RequestId, and a callback that was started before the answer, when the journal takes callbacks again, then its repeat is a duplicate', async () => {
    const journal = await Journal.open({
      dir: folder.path,
      maxPending: 1,
      remember: 60_000,
      metrics: createMetrics().journal,
      logger: createLogger('silent'),
    });
    stops.push(() => journal.close());
    const { direct, recent } = directIntake();
    const intake = new JournalIntake({
      journal,
      direct,
      recent,
      journaled: () => undefined,
      dedupeWindow: 60_000,
      metrics: createMetrics().journal,
      logger: createLogger('silent'),
    });
    await intake.accept(callbackOf({ requestId: 'fills-the-journal' }));
    const first = await intake.accept(callbackOf({}));
    assert.equal(first.duplicate, false);

    const [pending] = journal.store.firstPending(1, new Set());
    await journal.store.removePending(pending?.key ?? '');
    assert.deepEqual(await intake.accept(callbackOf({})), { ...first, duplicate: true });
    assert.equal(journal.store.pendingCount, 0);
  });

  test('given a second process, then it is refused the journal', async () => {
    await start();
    await assert.rejects(start(), JournalLockedError);
  });

  test('given a refused callback of ours, then it is kept raw, and requeued once it can be read', async () => {
    const running = await start();
    const { intake } = running;
    const { store } = openJournal(running);
    const keep = (body: string, RequestId: string) =>
      intake.keepRefused(
        { receivedAt: Date.now(), query: { RequestId }, body: Buffer.from(body).toString('base64') },
        'why',
      );
    await keep('{', 'raw-1');
    await keep(
      '{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":[{"From_Account":"a","To_Account":"b"}]}',
      'raw-2',
    );
    const [broken, readable] = [...store.listQuarantined(10)];
    await assert.rejects(
      requeue(store, broken?.key ?? '', { sdkAppId: SDK_APP_ID }),
      /body: not JSON|not-json/,
    );
    assert.equal(await requeue(store, readable?.key ?? '', { sdkAppId: SDK_APP_ID }), 'raw-2');
    await drained(running);
    assert.equal(store.quarantinedCount, 1);
    assert.equal((await inputOf('raw-2')).type, 'friendDeleted');
  });

  test('given an entry that is damaged while it waits, then it goes to the quarantine as it is, and holds up no stop', async () => {
    const running = await start(NOWHERE);
    await running.intake.accept(callbackOf({ requestId: 'damaged-1' }));
    await running.intake.accept(callbackOf({ requestId: 'whole-1' }));
    // As a disk would, below the open database.
    const file = join(folder.path, 'data.mdb');
    writeFileSync(file, readFileSync(file, 'latin1').replaceAll('damaged-1', 'dimaged-1'), {
      encoding: 'latin1',
      flag: 'r+',
    });
    const { store } = openJournal(running);
    await until('the quarantine', () => store.quarantinedCount === 1);
    assert.equal(store.pendingCount, 1);
    const [entry] = store.listQuarantined(10);
    assert.ok(entry?.record?.kind === 'damaged');
    assert.match(entry.record.reason, /damaged record/);
    assert.match(Buffer.from(entry.record.entry, 'base64').toString(), /dimaged-1/);
    await assert.rejects(requeue(store, entry.key, { sdkAppId: SDK_APP_ID }), /damaged this entry/);
    assert.equal(store.quarantinedCount, 1);
  });

  test('given a delivery that Temporal can never take, then it goes to the quarantine and holds nobody up', async () => {
    const running = await start();
    const tooLarge = Array.from({ length: 40_000 }, (_, index) => ({
      from: `f${index}`.padEnd(32, '-'),
      to: 'to',
    }));
    await running.intake.accept(callbackOf({ requestId: 'large-1', pairs: tooLarge }));
    await running.intake.accept(callbackOf({ requestId: 'large-2' }));
    await drained(running);
    assert.equal((await inputOf('large-2')).type, 'friendDeleted');
    const [entry] = [...openJournal(running).store.listQuarantined(10)];
    assert.equal(entry?.record?.kind, 'delivery');
  });
});
