import type { Client } from '@temporalio/client';
import type { Starter } from '../callback/delivery-id.ts';
import { deliveryOptions } from '../config/delivery-options.ts';
import type { Settings, TemporalSettings } from '../config/settings.ts';
import type { Journal } from '../journal/journal.ts';
import { type JournalPhase, OpeningJournal } from '../journal/opening-journal.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type JournalGauges, type Metrics, NO_JOURNAL, observeJournal } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { FreshStarts } from '../temporal/start/fresh-starts.ts';
import { DeliveryStarter, type DeliveryToStart } from '../temporal/start/start-delivery.ts';
import { StartThread } from '../temporal/start/start-thread.ts';
import type { TraceStarts } from '../temporal/start/trace-starts.ts';
import { TracedStarter } from '../temporal/start/traced-starter.ts';
import { DirectIntake } from './direct-intake.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Intake } from './intake.ts';
import { JournalIntake } from './journal-intake.ts';
import { OpeningIntake } from './opening-intake.ts';
import { RecentCallbacks } from './recent-callbacks.ts';

/** How long a stop goes on handing over deliveries to Temporal, in ms. The rest stays in the journal. */
const HANDOVER_MS = 5_000;

export type IntakeParts = {
  settings: Settings;
  /** Where Temporal is. It may be a local server that the settings do not know. */
  temporal: TemporalSettings;
  client: Client;
  freshStarts: FreshStarts;
  metrics: Metrics;
  /** Both are present when tracing is on, and absent otherwise. */
  tracing?: Tracing | undefined;
  traceStarts?: TraceStarts | undefined;
  logger: Logger;
};

/** A running intake. */
export type RunningIntake = {
  intake: Intake;
  /** The state of its journal; undefined for `INTAKE=direct`. */
  readonly journal: JournalPhase | undefined;
  /** Resolves when the journal is open, or when it is clear that it can't be opened. Never rejects. */
  settled: Promise<void>;
  stop(): Promise<void>;
};

/**
 * Takes callbacks at once. The journal is opened in the background.
 *
 * @throws JournalLockedError when another process has the journal
 */
export function startIntake(parts: IntakeParts): RunningIntake {
  const { settings, client, freshStarts, tracing, traceStarts, logger } = parts;
  const options = deliveryOptions(settings);
  const starter = traced(new DeliveryStarter(client, freshStarts, { ...options, traceStarts }), tracing);
  const recent = new RecentCallbacks(settings.dedupeWindow);
  const direct = new DirectIntake({ starter, recent, logger });
  if (settings.intake === 'direct') {
    const nothing = async () => undefined;
    return { intake: direct, journal: undefined, settled: Promise.resolve(), stop: nothing };
  }
  const thread = new StartThread({ temporal: parts.temporal, options }, logger);
  return startOnJournal(parts, { thread, recent, direct });
}

function traced(starter: Starter<DeliveryToStart>, tracing: Tracing | undefined): Starter<DeliveryToStart> {
  return tracing ? new TracedStarter(starter, tracing) : starter;
}

type Ways = { thread: StartThread; recent: RecentCallbacks; direct: DirectIntake };

function startOnJournal(parts: IntakeParts, { thread, recent, direct }: Ways): RunningIntake {
  const { settings, metrics, tracing, logger } = parts;
  const { dedupeWindow, payloadKeys } = settings;
  const { dir, maxPending } = settings.journal;
  const opening = new OpeningJournal({
    dir,
    maxPending,
    remember: dedupeWindow,
    payloadKeys,
    metrics: metrics.journal,
    logger,
  });
  observeJournal(metrics.registry, () => gaugesOf(opening.phase));

  let dispatcher: Dispatcher | undefined;
  const dispatchAndTake = (journal: Journal): Intake => {
    const running = new Dispatcher({
      store: journal.store,
      starter: traced(thread, tracing),
      concurrency: () => thread.concurrency,
      metrics: metrics.journal,
      logger,
    });
    thread.prepare();
    running.start();
    dispatcher = running;
    return new JournalIntake({
      journal,
      direct,
      recent,
      journaled: () => running.notify(),
      dedupeWindow,
      metrics: metrics.journal,
      tracing,
      logger,
    });
  };
  const journaled = opening.settled.then(() =>
    opening.phase.kind === 'open' ? dispatchAndTake(opening.phase.journal) : undefined,
  );
  const settled = journaled.then(() => undefined);
  return {
    intake: new OpeningIntake({ direct, journaled }),
    get journal() {
      return opening.phase;
    },
    settled,
    async stop() {
      await opening.breakOff();
      await settled;
      try {
        await dispatcher?.stop(HANDOVER_MS);
      } finally {
        await thread.stop();
        await opening.close();
      }
    },
  };
}

/** Undefined while the journal is being opened: what it holds is not known yet. */
function gaugesOf(phase: JournalPhase): JournalGauges | undefined {
  if (phase.kind === 'opening') return undefined;
  return phase.kind === 'open' ? phase.journal : NO_JOURNAL;
}
