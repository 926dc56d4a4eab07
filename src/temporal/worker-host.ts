import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { SideEffectActivity } from '../../workflows/contract.ts';
import type { TemporalSettings } from '../config.ts';
import { OperatorError } from '../operator-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { describeRpcError } from './connect.ts';
import { connectWorker } from './connect-worker.ts';
import type { CoreMetrics } from './core-metrics.ts';
import { freePort } from './free-port.ts';
import type { Observers } from './observe-activities.ts';
import { createSearchAttributes, creationCommands, missingSearchAttributes } from './search-attributes.ts';
import { createWorker, installRuntime } from './worker.ts';

const RECONNECT_MS = 2_000;

export type WorkerHostOptions = {
  temporal: TemporalSettings;
  client: Client;
  taskQueue: string;
  activities: Record<string, SideEffectActivity>;
  /** Whether search attributes that are missing are created, or are a reason to stop. */
  createSearchAttributes: boolean;
  observers: Observers;
  coreMetrics: CoreMetrics;
  logger: Logger;
};

/** The namespace lacks search attributes; the message says what to run. */
export class MissingSearchAttributesError extends OperatorError {
  override name = 'MissingSearchAttributesError';

  constructor(namespace: string, missing: readonly string[]) {
    const commands = creationCommands(namespace, missing).map((command) => `  ${command}`);
    super(
      `The namespace ${namespace} lacks search attributes. Run \`npx unfriend setup\`, or have somebody run:\n${commands.join('\n')}`,
    );
  }
}

/** Keeps one worker running: waits for Temporal to be there, polls, and drains at a stop. */
export class WorkerHost {
  /** Rejects when the worker can't go on; resolves after {@link stop}. */
  readonly finished: Promise<void>;
  /** Resolves when the worker polls for the first time. */
  readonly polling: Promise<void>;
  readonly #options: WorkerHostOptions;
  readonly #stopping = new AbortController();
  #worker: Worker | undefined;
  #reportPolling: () => void = () => undefined;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    this.polling = new Promise((resolve) => {
      this.#reportPolling = resolve;
    });
    this.finished = this.#run();
    this.finished.catch(() => undefined); // It may fail before anybody looks.
  }

  get state(): string {
    return this.#worker?.getState() ?? 'CONNECTING';
  }

  get isPolling(): boolean {
    return this.#worker?.getState() === 'RUNNING';
  }

  /** Polls no more, lets what runs finish within its grace time, and returns. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#worker?.getState() === 'RUNNING') this.#worker.shutdown();
    await this.finished.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const connection = await this.#connect();
    if (!connection) return;
    try {
      await this.#ensureSearchAttributes();
      const { temporal, taskQueue, activities, observers } = this.#options;
      const { namespace } = temporal;
      this.#worker = await createWorker({ connection, namespace, taskQueue, activities, observers });
      if (this.#stopping.signal.aborted) return;
      const running = this.#worker.run();
      this.#reportPolling();
      await running;
    } finally {
      await connection.close().catch(() => undefined);
    }
  }

  async #connect(): Promise<NativeConnection | undefined> {
    const { logger, temporal, coreMetrics } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        // The SDK does not tell which one it took.
        const metricsPort = await freePort();
        if (installRuntime(logger, metricsPort)) coreMetrics.answersOn(metricsPort);
        return await connectWorker(temporal);
      } catch (error) {
        logger.error({ reason: describeRpcError(error) }, 'worker can not reach Temporal: trying again');
        await delay(RECONNECT_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #ensureSearchAttributes(): Promise<void> {
    const { client, temporal, logger } = this.#options;
    if (this.#options.createSearchAttributes) {
      const created = await createSearchAttributes(client);
      if (created.length > 0) logger.info({ created }, 'search attributes created');
      return;
    }
    const missing = await missingSearchAttributes(client);
    if (missing.length > 0) throw new MissingSearchAttributesError(temporal.namespace, missing);
  }
}
