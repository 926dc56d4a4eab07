import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import {
  NOTICE_GIVEN,
  type Notice,
  type NoticeActivities,
  type NoticeCondition,
  type NoticeFacts,
  noticeTaskQueue,
  noticeWorkflowId,
  type Sighting,
  seenSignal,
} from '../../workflows/contract.ts';
import type { TemporalSettings } from '../config/settings.ts';
import type { JournalPhase } from '../journal/opening-journal.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { findAttention } from '../temporal/attention/find-attention.ts';
import { type AttentionSummary, summarise } from '../temporal/attention/narrow-attention.ts';
import { attentionPage } from '../temporal/ui-link.ts';
import type { TemporalView } from '../temporal/watch.ts';
import type { CoreMetrics } from '../temporal/worker/core-metrics.ts';
import { WorkerHost } from '../temporal/worker/worker-host.ts';
import { ChatWebhook } from './chat.ts';
import { composeNotice } from './compose-notice.ts';
import { type Reading, RefusedCallbacks, readJournal, readNeedsPerson, readNoWorker } from './conditions.ts';
import { NoticeWatch, paceOf } from './notice-watch.ts';

export type NoticesOptions = {
  /** `after`: how long a condition must hold, in ms. */
  notices: { url: string; after: number };
  temporal: TemporalSettings;
  client: Client;
  /** Of the deliveries. */
  taskQueue: string;
  temporalUi: string;
  view: () => TemporalView;
  /** Absent: this process takes no callbacks. */
  receiver?: {
    /** Undefined: it works without a journal. */
    journal: () => JournalPhase | undefined;
    metrics: Pick<Metrics, 'callbacks'>;
  };
  coreMetrics: CoreMetrics;
  logger: Logger;
};

/** The running notices of a process. */
export type Notices = { stop(): Promise<void> };

/** Tells a chat of what needs a person. Each process looks, and one workflow per condition tells. */
export function startNotices(options: NoticesOptions): Notices {
  const { notices, temporal, client, taskQueue, coreMetrics, logger } = options;
  const chat = new ChatWebhook(notices.url);
  const link = attentionPage(options.temporalUi, temporal.namespace);
  const give = async (notice: Notice, attention?: AttentionSummary) => {
    await chat.send(composeNotice(notice, { link, attention }));
    logger.info({ condition: notice.condition, state: notice.state }, 'notice sent');
  };
  const activities: NoticeActivities = {
    giveNotice: async (notice) => give(notice, await summaryFor(client, notice)),
  };
  const host = new WorkerHost({
    temporal,
    client,
    taskQueue: noticeTaskQueue(taskQueue),
    activities,
    searchAttributes: 'unused',
    coreMetrics,
    logger,
  });
  const watch = new NoticeWatch({
    read: createReader(options),
    after: notices.after,
    source: hostname(),
    tell: (condition, sighting) =>
      tell(client, { taskQueue, condition, sighting, overAfter: paceOf(notices.after).overAfter }),
    sendDirectly: (notice) => give(notice),
    logger,
  });
  watch.start();
  return {
    async stop() {
      watch.stop();
      await host.stop();
      await chat.close();
    },
  };
}

/** What this process can see: every process asks Temporal, and a receiver knows its callbacks and its journal. */
function createReader({ notices, view, receiver }: NoticesOptions): () => Promise<Reading[]> {
  const refused = new RefusedCallbacks(notices.after);
  return async () => {
    const readings = [readNeedsPerson(view()), readNoWorker(view())];
    if (!receiver) return readings;
    const phase = receiver.journal();
    if (phase) readings.push(readJournal(phase, { after: notices.after, now: Date.now() }));
    const counts = await refusedSoFar(receiver.metrics);
    return [...readings, refused.read(counts, performance.now())];
  };
}

/** What strangers send by accident, such as a wrong path, does not count. */
const REFUSED: ReadonlySet<string> = new Set([
  'unavailable',
  'unauthorized',
  'wrong-app',
  'missing-app',
  'repeated-parameter',
  'command-mismatch',
  'not-json',
  'broken-schema',
  'too-large',
]);

/** How many callbacks this process has refused so far, by verdict. */
async function refusedSoFar({ callbacks }: Pick<Metrics, 'callbacks'>): Promise<NoticeFacts> {
  const { values } = await callbacks.get();
  const refused = values.filter(({ labels }) => REFUSED.has(String(labels.verdict)));
  return Object.fromEntries(refused.map(({ labels, value }) => [String(labels.verdict), value]));
}

type Told = { taskQueue: string; condition: NoticeCondition; overAfter: number; sighting: Sighting };

/** Starts the condition's workflow, or tells the one that runs. */
async function tell(client: Client, { taskQueue, condition, overAfter, sighting }: Told): Promise<void> {
  await client.workflow.signalWithStart(NOTICE_GIVEN, {
    workflowId: noticeWorkflowId(taskQueue, condition),
    taskQueue: noticeTaskQueue(taskQueue),
    args: [{ condition, overAfter }],
    signal: seenSignal,
    signalArgs: [sighting],
    staticSummary: `notice: ${condition}`,
  });
}

/** What `failed` lists now; undefined where the notice does not need it, or nobody could be asked. */
async function summaryFor(
  client: Client,
  { condition, state }: Notice,
): Promise<AttentionSummary | undefined> {
  if (condition !== 'needs-person' || state !== 'began') return undefined;
  return findAttention(client).then(summarise, () => undefined);
}
