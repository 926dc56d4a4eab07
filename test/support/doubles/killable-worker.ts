import { freePort } from '../../../src/temporal/local/free-port.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../servers/process.ts';
import { until } from '../until.ts';

/** A worker on a busy machine needs seconds, in ms. */
const START_MS = 60_000;

/** A worker, `unfriend work`, that can be killed and comes back with the same settings. */
export class KillableWorker {
  process: UnfriendProcess;
  readonly #settings: ProcessSettings;

  private constructor(settings: ProcessSettings) {
    this.#settings = settings;
    this.process = new UnfriendProcess(['work'], settings);
  }

  /** Returns once it takes tasks. */
  static async start(settings: ProcessSettings): Promise<KillableWorker> {
    const all = { ...FREE_PORTS, LOG_LEVEL: 'error', OPS_PORT: String(await freePort()), ...settings };
    const worker = new KillableWorker(all);
    await worker.#untilReady();
    return worker;
  }

  async kill(): Promise<void> {
    await this.process.kill();
  }

  /** @returns the exit code after SIGTERM */
  async terminate(): Promise<number | null> {
    this.process.child.kill('SIGTERM');
    return this.process.exit();
  }

  /** Returns once it takes tasks again. */
  async restart(): Promise<void> {
    this.process = new UnfriendProcess(['work'], this.#settings);
    await this.#untilReady();
  }

  async #untilReady(): Promise<void> {
    await until(
      'the worker to take tasks',
      async () => {
        this.process.mustRun();
        const answer = await fetch(`http://127.0.0.1:${this.#settings.OPS_PORT}/readyz`).catch(
          () => undefined,
        );
        return answer?.ok;
      },
      START_MS,
    );
  }
}
