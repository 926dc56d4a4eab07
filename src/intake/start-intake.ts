import type { Client } from '@temporalio/client';
import type { Settings } from '../config.ts';
import { Dispatcher } from '../journal/dispatcher.ts';
import { Journal } from '../journal/journal.ts';
import { JournalLockedError } from '../journal/lock.ts';
import { createPlan } from '../plan.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Metrics, observeJournal } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { FreshStarts } from '../temporal/fresh-starts.ts';
import { DeliveryStarter } from '../temporal/start-delivery.ts';
import type { TraceStarts } from '../temporal/trace-starts.ts';
import { DirectIntake } from './direct.ts';
import type { Intake } from './intake.ts';
import { JournalIntake } from './journal.ts';
import { RecentCallbacks } from './recent-callbacks.ts';

/** What a stop hands over to Temporal before it leaves the rest in the journal, in ms. */
const HANDOVER_MS = 5_000;

export type IntakeParts = {
  settings: Settings;
  client: Client;
  freshStarts: FreshStarts;
  metrics: Metrics;
  /** Both or neither: whether somebody traces. */
  tracing?: Tracing | undefined;
  traceStarts?: TraceStarts | undefined;
  logger: Logger;
};

/** A running intake. `journal` is undefined for `INTAKE=direct`, and where no journal could be had: then it has a fault. */
export type RunningIntake = {
  intake: Intake;
  journal: Journal | undefined;
  journalFault?: string;
  stop(): Promise<void>;
};

/** @throws JournalLockedError when another process has the journal */
export async function startIntake(parts: IntakeParts): Promise<RunningIntake> {
  const { settings, client, freshStarts, metrics, tracing, traceStarts, logger } = parts;
  const { taskQueue, indexAccounts, dedupeWindow } = settings;
  const starter = new DeliveryStarter(client, freshStarts, {
    taskQueue,
    plan: createPlan(settings),
    indexAccounts,
    traceStarts,
  });
  const recent = new RecentCallbacks(dedupeWindow);
  const direct = new DirectIntake({ starter, recent, logger });

  const withoutJournal = { intake: direct, journal: undefined, stop: async () => undefined };
  if (settings.intake === 'direct') return withoutJournal;
  const journal = await openJournal(parts);
  if (typeof journal === 'string') {
    observeJournal(metrics.registry);
    return { ...withoutJournal, journalFault: journal };
  }

  observeJournal(metrics.registry, journal);
  const dispatcher = new Dispatcher({
    ...{ store: journal.store, pressure: journal.pressure, starter, logger },
    metrics: metrics.journal,
  });
  dispatcher.start();
  const journaled = () => dispatcher.notify();
  return {
    intake: new JournalIntake({
      ...{ journal, direct, recent, journaled, dedupeWindow, tracing, logger },
      metrics: metrics.journal,
    }),
    journal,
    async stop() {
      await dispatcher.stop(HANDOVER_MS);
      await journal.close();
    },
  };
}

/**
 * A receiver that can't write to its disk is still better than none: a refusal is a loss.
 *
 * @returns the journal, or why there is none
 */
async function openJournal({ settings, metrics, logger }: IntakeParts): Promise<Journal | string> {
  const { dir, maxPending } = settings.journal;
  try {
    return await Journal.open({
      dir,
      maxPending,
      remember: settings.dedupeWindow,
      metrics: metrics.journal,
      logger,
    });
  } catch (error) {
    if (error instanceof JournalLockedError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    logger.error({ dir, reason }, 'no journal: workflows are started before the answer');
    return reason;
  }
}
