import type { KnownKey } from '../callback/delivery-id.ts';
import type { Receipt } from './intake.ts';

/** A callback that came before. */
export type KnownCallback = KnownKey & {
  deliveryId: string;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** Undefined: it was not acknowledged. Its workflow may have been started all the same. */
  receipt: Receipt | Promise<Receipt> | undefined;
};

type Recent = KnownCallback & { seenAt: number };

/**
 * The callbacks whose workflows were started before the answer, within a rolling window. Without a RequestId, equal bytes
 * within the window are the same deletion. Later they are a new deletion: the two were friends again meanwhile. It knows
 * only the callbacks of this process.
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

  /** What came within the window and is recognised by this key. */
  find(seenKey: string): KnownCallback | undefined {
    this.#forgetOld();
    return this.#recent.get(seenKey);
  }

  /**
   * Remembers a callback. A callback that fails keeps its id and time for the window. If it comes again, it must not start
   * a second workflow: a start without an answer may have made the first.
   *
   * @param seenKeys the keys that recognise it
   */
  note(
    seenKeys: Iterable<string>,
    callback: Omit<KnownCallback, 'receipt'>,
    receipt: Promise<Receipt>,
  ): void {
    this.#forgetOld();
    const recent: Recent = { ...callback, receipt, seenAt: this.#clock() };
    for (const key of seenKeys) {
      this.#recent.delete(key);
      this.#recent.set(key, recent);
    }
    receipt.catch(() => {
      recent.receipt = undefined;
    });
  }

  #forgetOld(): void {
    const oldest = this.#clock() - this.#window;
    for (const [key, { seenAt }] of this.#recent) {
      if (seenAt > oldest) return;
      this.#recent.delete(key);
    }
  }
}

/** The receipt of a callback that came again. */
export async function asDuplicate(first: Receipt | Promise<Receipt>): Promise<Receipt> {
  return { ...(await first), duplicate: true };
}
