import assert from 'node:assert/strict';
import { status } from '@grpc/grpc-js';
import { isGrpcServiceError } from '@temporalio/client';
import { DirectIntake } from '../../../src/intake/direct-intake.ts';
import { Dispatcher } from '../../../src/intake/dispatcher.ts';
import { JournalIntake } from '../../../src/intake/journal-intake.ts';
import { RecentCallbacks } from '../../../src/intake/recent-callbacks.ts';
import { Journal } from '../../../src/journal/journal.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { FreshStarts } from '../../../src/temporal/start/fresh-starts.ts';
import { DeliveryStarter } from '../../../src/temporal/start/start-delivery.ts';
import { type FriendDeletedInput, type Pair, workflowId } from '../../../workflows/contract.ts';
import { holdJournal } from '../doubles/hold-journal.ts';
import { SDK_APP_ID } from './receiver.ts';
import { temporalAndFolder } from './temporal-and-folder.ts';
import { workflowInput } from './worker.ts';

const WINDOW = 120_000;
const logger = createLogger('silent');
const metrics = createMetrics().journal;

/** Intakes on one Temporal server, and a journal for each test. To be called at the top of a test file. */
export function intakeStage() {
  const stage = temporalAndFolder();
  const { stops } = stage;

  /** Without a journal. While `outage.isOn`, its starts fail. */
  function startDirect(outage = { isOn: false }) {
    const freshStarts = new FreshStarts();
    const client = createClient(stage.temporal.settings, [freshStarts.interceptor]);
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

  /** With a journal that is handed over when the test says so. */
  async function startJournaling(outage?: { isOn: boolean }) {
    const { starter, recent, direct } = startDirect(outage);
    const { folder: dir } = stage;
    const journal = await Journal.open({ dir, maxPending: 1_000, remember: WINDOW, metrics, logger });
    stops.push(() => journal.close());
    const parts = { direct, recent, journaled: () => undefined, dedupeWindow: WINDOW, metrics, logger };
    return {
      intake: new JournalIntake({ journal, ...parts }),
      journal,
      async handOver() {
        const { store } = journal;
        const dispatcher = new Dispatcher({ store, starter, concurrency: () => 32, metrics, logger });
        dispatcher.start();
        await dispatcher.stop(20_000);
        assert.equal(store.pendingCount, 0);
      },
    };
  }

  /** Holds the journal, at most until the test ends. */
  async function hold() {
    const held = await holdJournal(stage.folder);
    stops.push(held.letGo);
    return held;
  }

  /** The pairs that the delivery with this id has in Temporal; undefined: there is none. */
  async function startedPairs(deliveryId: string): Promise<Pair[] | undefined> {
    const handle = stage.temporal.client.workflow.getHandle(workflowId({ sdkAppId: SDK_APP_ID, deliveryId }));
    try {
      const { events } = await handle.fetchHistory();
      const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
      return (JSON.parse(Buffer.from(payload?.data ?? []).toString()) as FriendDeletedInput).pairs;
    } catch (error) {
      if (isGrpcServiceError(error) && error.code === status.NOT_FOUND) return undefined;
      throw error;
    }
  }

  return { startDirect, startJournaling, hold, startedPairs };
}
