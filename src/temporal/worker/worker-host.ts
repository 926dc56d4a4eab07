import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type NativeConnection, TransportError, type Worker } from '@temporalio/worker';
import type { TemporalSettings, WorkerVersion } from '../../config/settings.ts';
import { OperatorError } from '../../operator-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { withAdvice } from '../connect.ts';
import { freePort } from '../local/free-port.ts';
import { createSearchAttributes, creationCommands, missingSearchAttributes } from '../search-attributes.ts';
import { connectWorker } from './connect-worker.ts';
import type { CoreMetrics } from './core-metrics.ts';
import type { Observers } from './observe-activities.ts';
import { type Activities, createWorker, installRuntime } from './worker.ts';

/** From a failure until the next try, in ms. */
const RETRY_MS = 2_000;

export type WorkerHostOptions = {
  temporal: TemporalSettings;
  client: Client;
  taskQueue: string;
  /** Absent: the worker is unversioned. */
  version?: WorkerVersion | undefined;
  activities: Activities;
  /** Missing search attributes are created, or are a reason to stop; or the workflows of this worker use none. */
  searchAttributes: 'create' | 'needed' | 'unused';
  /** Absent: nothing is counted, logged or traced. */
  observers?: Observers;
  coreMetrics: CoreMetrics;
  logger: Logger;
};

/** The namespace lacks search attributes; the message says what to run. */
export class MissingSearchAttributesError extends OperatorError {
  override name = 'MissingSearchAttributesError';

  constructor(temporal: TemporalSettings, missing: readonly string[]) {
    const { namespace } = temporal;
    const commands = creationCommands(temporal, missing).map((command) => `  ${command}`);
    super(
      `The namespace ${namespace} lacks search attributes. Run \`npx unfriend setup\`, or have somebody run:\n${commands.join('\n')}`,
    );
  }
}

/** The SDK can't create a worker although Temporal answers: this installation is broken. */
export class WorkerCreationError extends Error {
  override name = 'WorkerCreationError';
}

/** A worker that is ready to run, and its connection. */
type Prepared = { worker: Worker; connection: NativeConnection };

/** Keeps one worker running: waits for Temporal, polls, starts again after a failure, and drains at a stop. */
export class WorkerHost {
  /** Rejects when the worker can't go on and no new try can help; resolves after {@link stop}. */
  readonly finished: Promise<void>;
  /** Resolves when the worker polls for the first time. */
  readonly polling: Promise<void>;
  readonly #options: WorkerHostOptions;
  readonly #stopping = new AbortController();
  readonly #stopped: Promise<undefined>;
  #worker: Worker | undefined;
  /** The state while no worker runs, in words. */
  #idleState = 'connecting';
  #reportPolling: () => void = () => undefined;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    this.#stopped = new Promise((resolve) => {
      this.#stopping.signal.addEventListener('abort', () => resolve(undefined));
    });
    this.polling = new Promise((resolve) => {
      this.#reportPolling = resolve;
    });
    this.finished = this.#run();
    this.finished.catch(() => undefined); // It may fail before anybody awaits it.
  }

  /** In words. */
  get state(): string {
    return this.#worker?.getState().toLowerCase() ?? this.#idleState;
  }

  get isPolling(): boolean {
    return this.#worker?.getState() === 'RUNNING';
  }

  /** Stops polling, lets running activities finish within their grace time, and returns. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#worker?.getState() === 'RUNNING') this.#worker.shutdown();
    await this.finished.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { logger } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#work();
      } catch (error) {
        if (this.#stopping.signal.aborted) break;
        const reason = withAdvice(error);
        if (error instanceof MissingSearchAttributesError || error instanceof WorkerCreationError) {
          this.#idleState = `ended: ${reason}`;
          throw error;
        }
        const state = `trying again: ${reason}`;
        if (state !== this.#idleState) logger.error({ reason }, 'the worker can not work: trying again');
        this.#idleState = state;
        await delay(RETRY_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
    this.#idleState = 'stopped';
  }

  /** Runs one worker until a stop. */
  async #work(): Promise<void> {
    const preparing = this.#prepare();
    const prepared = await Promise.race([preparing, this.#stopped]);
    if (!prepared) {
      // A stop does not wait for a Temporal that hangs.
      void preparing.then((late) => this.#discard(late)).catch(() => undefined);
      return;
    }
    const { worker, connection } = prepared;
    this.#worker = worker;
    try {
      const running = worker.run();
      // A stop that began a moment ago has not seen this worker.
      if (this.#stopping.signal.aborted) worker.shutdown();
      else this.#reportPolling();
      await running;
      if (!this.#stopping.signal.aborted) throw new Error('the worker stopped by itself');
    } finally {
      this.#worker = undefined;
      await connection.close().catch(() => undefined);
    }
  }

  /** Uses the client first, because the native connection takes half a minute to give up. */
  async #prepare(): Promise<Prepared> {
    const { temporal, taskQueue, version, activities, observers, logger, coreMetrics } = this.#options;
    const { namespace, payloadKeys } = temporal;
    await this.#ensureSearchAttributes();
    // The port is chosen here, because the SDK does not tell which port it has chosen.
    const metricsPort = await freePort();
    if (installRuntime(logger, metricsPort)) coreMetrics.setPort(metricsPort);
    const connection = await connectWorker(temporal);
    try {
      // Look for the namespace first: if the creation of a worker fails on it, the SDK leaves a thread behind for good.
      await connection.workflowService.describeNamespace({ namespace });
      const worker = await createWorker({
        connection,
        namespace,
        taskQueue,
        version,
        activities,
        payloadKeys,
        ...(observers && { observers }),
      }).catch((error: Error) => {
        if (error instanceof TransportError) throw error;
        throw new WorkerCreationError(`the worker can't be created: ${error.message}`, { cause: error });
      });
      return { worker, connection };
    } catch (error) {
      await connection.close().catch(() => undefined);
      throw error;
    }
  }

  /** Runs the worker and stops it: a worker that never ran would keep the process alive. */
  async #discard({ worker, connection }: Prepared): Promise<void> {
    const running = worker.run();
    worker.shutdown();
    await running.catch(() => undefined);
    await connection.close();
  }

  async #ensureSearchAttributes(): Promise<void> {
    const { client, temporal, logger, searchAttributes } = this.#options;
    if (searchAttributes === 'unused') return;
    if (searchAttributes === 'create') {
      const created = await createSearchAttributes(client);
      if (created.length > 0) logger.info({ created }, 'search attributes created');
      return;
    }
    const missing = await missingSearchAttributes(client);
    if (missing.length > 0) throw new MissingSearchAttributesError(temporal, missing);
  }
}
