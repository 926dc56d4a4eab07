import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { EMBEDDED } from '../../support/inputs/embedded.ts';
import '../../support/typescript-threads.ts';
import { readSettings } from '../../../src/config/settings.ts';
import { DirectIntake } from '../../../src/intake/direct-intake.ts';
import { type Intake, NotDurableError } from '../../../src/intake/intake.ts';
import { JournalIntake } from '../../../src/intake/journal-intake.ts';
import { OpeningIntake } from '../../../src/intake/opening-intake.ts';
import { RecentCallbacks } from '../../../src/intake/recent-callbacks.ts';
import { type RunningIntake, startIntake } from '../../../src/intake/start-intake.ts';
import { Journal } from '../../../src/journal/journal.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { FreshStarts } from '../../../src/temporal/start/fresh-starts.ts';
import { DeliveryStarter } from '../../../src/temporal/start/start-delivery.ts';
import { workflowId } from '../../../workflows/contract.ts';
import { deferred } from '../../support/deferred.ts';
import { callbackOf } from '../../support/inputs/callbacks.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { SDK_APP_ID } from '../../support/stages/receiver.ts';
import { workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

/** An address where no Temporal answers. */
const NOWHERE = '127.0.0.1:1';
const WINDOW_MS = 60_000;

const logger = createLogger('silent');
let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

let folder: ReturnType<typeof temporaryFolder>;
const stops: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  folder.remove();
});

/** An intake whose journal opens when the test says so. */
function openingIntake(address = String(temporal.settings.connectionOptions.address)) {
  const freshStarts = new FreshStarts();
  const client = createClient({ ...temporal.settings, connectionOptions: { address } }, [
    freshStarts.interceptor,
  ]);
  stops.push(() => client.connection.close());
  const options = { taskQueue: 'nobody-polls', plan: workflowInput([]).plan, indexAccounts: true };
  const recent = new RecentCallbacks(WINDOW_MS);
  const starter = new DeliveryStarter(client, freshStarts, options);
  const direct = new DirectIntake({ starter, recent, logger });
  const journaled = deferred<Intake | undefined>();
  const openJournal = async () => {
    const metrics = createMetrics().journal;
    const journal = await Journal.open({
      dir: folder.path,
      maxPending: 100,
      remember: WINDOW_MS,
      metrics,
      logger,
    });
    stops.push(() => journal.close());
    const options = { journal, direct, recent, dedupeWindow: WINDOW_MS, metrics, logger };
    return { journal, journalIntake: new JournalIntake({ ...options, journaled: () => undefined }) };
  };
  return { intake: new OpeningIntake({ direct, journaled }), openJournal, journaled };
}

/** As a process does, on this test's journal. */
function startOnJournal(address?: string): RunningIntake {
  const freshStarts = new FreshStarts();
  const settings = readSettings({ ...EMBEDDED, SDK_APP_ID, JOURNAL_DIR: folder.path }, 'serve');
  const connectionOptions = { address: address ?? String(temporal.settings.connectionOptions.address) };
  const at = { ...temporal.settings, connectionOptions };
  const client = createClient(at, [freshStarts.interceptor]);
  const parts = { settings, temporal: at, client, freshStarts, metrics: createMetrics(), logger };
  const running = startIntake(parts);
  stops.push(async () => {
    await running.stop();
    await client.connection.close();
  });
  return running;
}

const pendingOf = ({ journal }: RunningIntake) =>
  journal?.kind === 'open' ? journal.journal.store.pendingCount : undefined;
const countWorkflows = async (deliveryId: string) => {
  const id = workflowId({ sdkAppId: SDK_APP_ID, deliveryId });
  return (await temporal.client.workflow.count(`WorkflowId STARTS_WITH "${id}"`)).count;
};

describe('an intake whose journal is being opened', () => {
  test('given a callback without a RequestId that was started before the answer, when the journal is open, then its repeat is a duplicate', async () => {
    const { intake, openJournal, journaled } = openingIntake();
    const first = await intake.accept(callbackOf({}));
    assert.equal(first.duplicate, false);
    const { journal, journalIntake } = await openJournal();
    journaled.resolve(journalIntake);
    assert.deepEqual(await intake.accept(callbackOf({})), { ...first, duplicate: true });
    assert.equal(journal.store.pendingCount, 0);
  });

  test('given a delivery pending in the journal whose callback comes again meanwhile, then there is one workflow', async () => {
    const away = startOnJournal(NOWHERE);
    await away.settled;
    const callback = callbackOf({ requestId: 'twice-1' });
    await away.intake.accept(callback);
    assert.equal(pendingOf(away), 1);
    await stops.pop()?.();

    const back = startOnJournal();
    // At once: nothing is open yet.
    assert.equal(back.journal?.kind, 'opening');
    assert.equal((await back.intake.accept(callback)).deliveryId, 'twice-1');
    await back.settled;
    await until('an empty journal', () => pendingOf(back) === 0);
    await until('the workflow to be listed', async () => (await countWorkflows('twice-1')) > 0);
    assert.equal(await countWorkflows('twice-1'), 1);
  });

  test('given a callback without a RequestId that was journaled before a restart, when it comes again at once, then it is a duplicate', async () => {
    const away = startOnJournal(NOWHERE);
    await away.settled;
    const first = await away.intake.accept(callbackOf({}));
    await stops.pop()?.();

    const back = startOnJournal(NOWHERE);
    assert.equal(back.journal?.kind, 'opening');
    // On a busy machine the journal may not be open in time: then it is refused, and comes again.
    const again = await until('an acknowledgement', () =>
      back.intake.accept(callbackOf({})).catch((error: Error) => {
        assert.ok(error instanceof NotDurableError, error.stack);
      }),
    );
    assert.deepEqual(again, { ...first, duplicate: true });
  });

  test('given a callback without a RequestId that the journal knows, and Temporal there, then it waits for the journal', async () => {
    const { intake, openJournal, journaled } = openingIntake();
    const { journal, journalIntake } = await openJournal();
    const first = await journalIntake.accept(callbackOf({}));
    const again = intake.accept(callbackOf({}));
    journaled.resolve(journalIntake);
    assert.deepEqual(await again, { ...first, duplicate: true });
    assert.equal(journal.store.pendingCount, 1);
  });

  test('given Temporal away, then a callback waits for the journal, and is in it when it is acknowledged', async () => {
    const running = startOnJournal(NOWHERE);
    const accepted = running.intake.accept(callbackOf({ requestId: 'waits-1' }));
    assert.equal((await accepted).deliveryId, 'waits-1');
    assert.equal(pendingOf(running), 1);
  });

  test('given Temporal away and a journal that takes too long, then it is refused in time', async () => {
    const { intake } = openingIntake(NOWHERE);
    const startedAt = performance.now();
    await assert.rejects(intake.accept(callbackOf({ requestId: 'late-1' })), { name: 'NotDurableError' });
    assert.ok(performance.now() - startedAt < 5_000);
  });

  test('given a journal that can’t be opened, then callbacks go on being started before the answer', async () => {
    const { intake, journaled } = openingIntake();
    journaled.resolve(undefined);
    const { deliveryId } = await intake.accept(callbackOf({ requestId: 'no-journal-1' }));
    assert.equal(deliveryId, 'no-journal-1');
    const handle = temporal.client.workflow.getHandle(workflowId({ sdkAppId: SDK_APP_ID, deliveryId }));
    assert.equal((await handle.describe()).type, 'friendDeleted');
  });

  test('given a refused callback of ours meanwhile, then the quarantine has it once the journal is open', async () => {
    const { intake, openJournal, journaled } = openingIntake();
    const raw = { receivedAt: Date.now(), query: {}, body: Buffer.from('{').toString('base64') };
    const kept = intake.keepRefused(raw, 'why');
    const { journal, journalIntake } = await openJournal();
    journaled.resolve(journalIntake);
    await kept;
    await until('it in the quarantine', () => journal.store.quarantinedCount === 1);
  });

  test('given a stop before the journal is open, then its lock is free for the next process', async () => {
    const running = startOnJournal();
    assert.equal(running.journal?.kind, 'opening');
    await stops.pop()?.();
    assert.notEqual(running.journal?.kind, 'opening');
    const next = startOnJournal();
    await next.settled;
    assert.equal(next.journal?.kind, 'open');
  });
});
