import { randomUUID } from 'node:crypto';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import { postSigned } from '../inputs/callbacks.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../servers/process.ts';
import { until } from '../until.ts';

/** Callbacks that must come to the open journal before a start counts as seen. */
const ENOUGH = 10;

/** A start that takes longer is a failure, in ms. */
const START_MS = 60_000;

/** As long as nothing listens, in ms: to ask without a pause takes the processor from the receiver that starts. */
const NOBODY_THERE_MS = 5;

/** What a load balancer and its callbacks met. */
export type Met = {
  /** How often `/readyz` was 503, how often 200, and how often of these with an open journal. */
  notReady: number;
  ready: number;
  onJournal: number;
  /** Callbacks that were posted right after a 200 and not answered OK, and why. */
  refused: string[];
};

/** A receiver that is started again and again on the same ports, watched by one who believes `/readyz`. */
export class WatchedReceiver {
  readonly met: Met = { notReady: 0, ready: 0, onJournal: 0, refused: [] };
  /** Until the first 200 of `/readyz` of each start, in ms. */
  readonly readyWithin: number[] = [];
  readonly url: string;
  readonly ops: string;
  readonly #settings: ProcessSettings;

  private constructor(settings: ProcessSettings) {
    this.#settings = settings;
    this.url = `http://127.0.0.1:${settings.PORT}`;
    this.ops = `http://127.0.0.1:${settings.OPS_PORT}`;
  }

  static async on(settings: ProcessSettings): Promise<WatchedReceiver> {
    const ports = { PORT: String(await freePort()), OPS_PORT: String(await freePort()) };
    return new WatchedReceiver({ ...FREE_PORTS, LOG_LEVEL: 'warn', ...ports, ...settings });
  }

  /**
   * Starts it and ends it by `signal`, and asks all the time, as fast as it answers. With SIGKILL it asks until just before: nobody
   * can announce that.
   */
  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const before = { ...this.met };
    const watching = this.#watch();
    const startedAt = performance.now();
    const process = new UnfriendProcess(['serve'], this.#settings);
    try {
      await until(
        'a receiver that is ready',
        () => {
          if (process.child.exitCode !== null) throw new Error(`it ended:\n${process.stderr}`);
          return this.met.ready > before.ready;
        },
        START_MS,
      );
      this.readyWithin.push(performance.now() - startedAt);
      const isEnough = () => this.met.onJournal >= before.onJournal + ENOUGH;
      await until('callbacks to the open journal', isEnough, START_MS);
      if (signal === 'SIGKILL') await watching.stop();
      process.child.kill(signal);
      await process.exit();
    } finally {
      await watching.stop();
      await process.kill();
    }
  }

  #watch(): { stop(): Promise<void> } {
    let running = true;
    const asking = (async () => {
      while (running) {
        const isAnswered = await this.#ask();
        await (isAnswered ? nextTurn() : delay(NOBODY_THERE_MS));
      }
    })();
    return {
      async stop() {
        running = false;
        await asking;
      },
    };
  }

  /** @returns whether anybody answered */
  async #ask(): Promise<boolean> {
    const answer = await fetch(`${this.ops}/readyz`).catch(() => undefined);
    const body = (await answer?.json()) as { components: { journal: { state: string } } } | undefined;
    if (answer?.status === 503) this.met.notReady += 1;
    if (answer?.status !== 200) return answer !== undefined;
    this.met.ready += 1;
    if (body?.components.journal?.state.startsWith('taking callbacks')) this.met.onJournal += 1;
    const requestId = randomUUID();
    const why = await postSigned(this.url, { requestId }).then(
      async (posted) => (posted.ok ? undefined : `${posted.status} ${await posted.text()}`),
      (error: Error) => String(error.cause ?? error),
    );
    if (why !== undefined) this.met.refused.push(why);
    return true;
  }
}
