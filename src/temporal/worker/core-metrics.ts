import { withDeadline } from '../../../activities/backends/net/deadline.ts';

/** How long the SDK's metrics page may take, in ms. After that it is left out. */
const FETCH_MS = 1_000;

/**
 * The metrics of the SDK's native part: its pollers, slots and caches. It serves them on a port of its own, which only
 * this machine can reach. Unfriend adds them to its own metrics page.
 */
export class CoreMetrics {
  #port: number | undefined;

  /** @param port where the runtime serves its metrics */
  setPort(port: number): void {
    this.#port = port;
  }

  /** In Prometheus' text format; empty while no worker runs. */
  async read(): Promise<string> {
    if (this.#port === undefined) return '';
    try {
      const url = `http://127.0.0.1:${this.#port}/metrics`;
      return await withDeadline(FETCH_MS, undefined, async (signal) => {
        const response = await fetch(url, { signal });
        return response.ok ? await response.text() : '';
      });
    } catch {
      return '';
    }
  }
}
