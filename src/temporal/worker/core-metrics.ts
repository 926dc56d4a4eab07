import { withDeadline } from '../../../activities/backends/net/deadline.ts';

/** A page of this machine that takes longer is left out, in ms. */
const FETCH_MS = 1_000;

/**
 * The metrics of the SDK's native part, which knows how its pollers, slots and caches are. It counts for itself and
 * answers on a port of its own, for this machine alone; from there they go onto our page.
 */
export class CoreMetrics {
  #port: number | undefined;

  /** @param port where a runtime that was installed answers */
  answersOn(port: number): void {
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
