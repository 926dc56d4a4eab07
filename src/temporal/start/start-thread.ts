import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Starter, StartOutcome } from '../../callback/delivery-id.ts';
import type { TemporalSettings } from '../../config/settings.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { DeliveryToStart, StartOptions } from './start-delivery.ts';
import { type StartErrorClass, StartThreadError } from './start-error.ts';

/** What the thread gets when it starts. Secrets of the connection go this way, never by arguments. */
export type StartThreadData = { temporal: TemporalSettings; options: Omit<StartOptions, 'traceStarts'> };

/** What the thread is asked: to call a method of its `DeliveryStarter`. */
export type StartRequest = { id: number; method: keyof Starter<DeliveryToStart>; delivery: DeliveryToStart };

/** What the thread answers. `ms`: how long the call took, without the way to the thread and back. */
export type StartAnswer = { id: number; ms: number } & ({ outcome: Outcome } | { failure: StartFailure });

/** An error as it is passed between threads: they share no classes. */
export type StartFailure = { startClass: StartErrorClass; reason: string; type: string };

type Outcome = StartOutcome | 'absent';

/** After these, fewer starts run at the same time. */
const REFUSALS: readonly StartErrorClass[] = ['away', 'busy'];

type UnderWay = {
  startedAt: number;
  resolve: (outcome: Outcome) => void;
  reject: (reason: Error) => void;
};

/**
 * Starts deliveries in a thread with a Temporal client of its own, because requests to Temporal take much more processor
 * time than callbacks. If the thread ends, the starts that were under way fail, and the next start gets a new thread.
 */
export class StartThread implements Starter<DeliveryToStart> {
  readonly #data: StartThreadData;
  readonly #logger: Logger;
  readonly #limit = new ConcurrencyLimit();
  readonly #underWay = new Map<number, UnderWay>();
  #thread: Worker | undefined;
  #lastId = 0;
  #isStopped = false;

  constructor(data: StartThreadData, logger: Logger) {
    this.#data = data;
    this.#logger = logger;
  }

  /** How many starts may run at the same time now. */
  get concurrency(): number {
    return this.#limit.current;
  }

  /** The thread that starts deliveries; undefined: the next start makes one. */
  get threadId(): number | undefined {
    return this.#thread?.threadId;
  }

  /** Makes the thread ready, so that the first start does not wait for it. */
  prepare(): void {
    if (!this.#isStopped) this.#thread ??= this.#launch();
  }

  start(delivery: DeliveryToStart): Promise<StartOutcome> {
    return this.#ask('start', delivery) as Promise<StartOutcome>;
  }

  look(delivery: DeliveryToStart): Promise<Exclude<Outcome, 'started'>> {
    return this.#ask('look', delivery) as Promise<Exclude<Outcome, 'started'>>;
  }

  /** Ends the thread. To be called when no start is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#thread?.terminate();
  }

  #ask(method: StartRequest['method'], delivery: DeliveryToStart): Promise<Outcome> {
    this.prepare();
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      const request: StartRequest = { id: this.#lastId, method, delivery };
      if (!this.#thread) throw new StartThreadError({ ...ENDED, reason: 'the receiver stops' });
      this.#thread.postMessage(request);
      this.#underWay.set(request.id, { startedAt: performance.now(), resolve, reject });
    });
  }

  #launch(): Worker {
    // The thread has this module's own extension: `.ts` in the sources, `.js` once compiled.
    const path = new URL(`./start-in-thread${import.meta.url.slice(-3)}`, import.meta.url);
    const thread = new Worker(fileURLToPath(path), { workerData: this.#data, name: 'starts' });
    thread.on('message', (answer: StartAnswer) => this.#settle(answer));
    thread.on('error', (error) => {
      this.#logger.error({ reason: String(error) }, 'the thread that starts workflows failed');
    });
    thread.on('exit', () => this.#fail());
    return thread;
  }

  #settle(answer: StartAnswer): void {
    const underWay = this.#underWay.get(answer.id);
    if (!underWay) return;
    const { startedAt, resolve, reject } = underWay;
    if ('outcome' in answer) {
      this.#limit.noteAnswered(answer.ms, this.#underWay.size);
      resolve(answer.outcome);
    } else {
      if (REFUSALS.includes(answer.failure.startClass)) this.#limit.noteRefused(startedAt);
      reject(new StartThreadError(answer.failure));
    }
    this.#underWay.delete(answer.id);
  }

  /** Fails what was under way. Whether it was started is not known: to start it again does no harm. */
  #fail(): void {
    this.#thread = undefined;
    for (const { reject } of this.#underWay.values()) reject(new StartThreadError(ENDED));
    this.#underWay.clear();
  }
}

/** As while Temporal is away: the dispatcher backs off, so that a thread that fails at once is not made again in a loop. */
const ENDED: StartFailure = {
  startClass: 'away',
  reason: 'the thread that starts workflows ended',
  type: 'StartThreadEnded',
};
