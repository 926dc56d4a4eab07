import type { Receipt } from './intake.ts';

type Recent = { seenAt: number; receipt: Promise<Receipt> };

/**
 * Recognises equal callbacks that carry no RequestId: within a rolling window after the first, the same bytes
 * are the same deletion; later they are a new one (befriended and deleted again). Knows one process only.
 */
export class RecentCallbacks {
  readonly #window: number;
  readonly #clock: () => number;
  /** In the order of `seenAt`. */
  readonly #recent = new Map<string, Recent>();

  /**
   * @param window in ms
   * @param clock in ms; monotonic, so that setting the machine's clock neither ends nor prolongs a window
   */
  constructor(window: number, clock: () => number = () => performance.now()) {
    this.#window = window;
    this.#clock = clock;
  }

  /** Runs `accept` for the first of equal callbacks; later ones share its receipt. A failure is forgotten. */
  async acceptOnce(key: string, accept: () => Promise<Receipt>): Promise<Receipt> {
    this.#forgetOld();
    const first = this.#recent.get(key);
    if (first) return { ...(await first.receipt), duplicate: true };

    const recent = { seenAt: this.#clock(), receipt: accept() };
    this.#recent.set(key, recent);
    try {
      return await recent.receipt;
    } catch (error) {
      if (this.#recent.get(key) === recent) this.#recent.delete(key);
      throw error;
    }
  }

  /** The receipt of the first of equal callbacks; undefined: none came within the window. */
  find(key: string): Promise<Receipt> | undefined {
    this.#forgetOld();
    return this.#recent.get(key)?.receipt;
  }

  #forgetOld(): void {
    const oldest = this.#clock() - this.#window;
    for (const [key, { seenAt }] of this.#recent) {
      if (seenAt > oldest) return;
      this.#recent.delete(key);
    }
  }
}
