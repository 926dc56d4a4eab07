import type { Logger } from '../../telemetry/logger.ts';
import { AddressList } from './addresses.ts';
import { type KeptList, parseRanges, readKept, writeKept } from './kept-list.ts';

const HOUR = 60 * 60 * 1_000;

/** How old a list may be before it is fetched again, in ms. */
const REFRESH_AFTER = 24 * HOUR;

/** The vendor's addresses may have changed by now. A list that is older, in ms, refuses nobody. */
const TOO_OLD_AFTER = 7 * REFRESH_AFTER;

/** How long to wait after a failed try, in ms. The wait doubles from `first` to `longest`. */
const RETRY = { first: 30_000, longest: HOUR };

/** How long after a try an unknown address is a reason to look again, in ms: it can be a new one of the vendor's. */
const DOUBT_AFTER = 10 * 60 * 1_000;

export type VendorListOptions = {
  /** Where the list is kept for the next start. */
  file: string;
  fetch: (signal: AbortSignal) => Promise<string[]>;
  logger: Logger;
};

/**
 * The addresses from which the vendor posts callbacks, as its REST API names them. A refused callback is lost, so a list that
 * could not be had refuses nobody.
 */
export class VendorList {
  readonly #options: VendorListOptions;
  readonly #stopped = new AbortController();
  #list: AddressList | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #next: NodeJS.Timeout | undefined;
  #fetching: Promise<void> | undefined;

  private constructor(options: VendorListOptions) {
    this.#options = options;
  }

  /** Begins with the list of an earlier run, if there is one, and does not wait for the vendor. */
  static open(options: VendorListOptions): VendorList {
    const list = new VendorList(options);
    const kept = readKept(options.file);
    if (kept) list.#use(kept);
    list.#planNext(Math.max(0, REFRESH_AFTER - list.age));
    return list;
  }

  /** Since the list was fetched, in ms; infinite while there is none. */
  get age(): number {
    return Date.now() - this.#fetchedAt;
  }

  /** Whether there is a list that is new enough to refuse an address for it. */
  get isEnforced(): boolean {
    return this.age <= TOO_OLD_AFTER;
  }

  allows(address: string): boolean {
    if (!this.isEnforced || this.#list?.includes(address)) return true;
    if (Date.now() - this.#triedAt > DOUBT_AFTER) {
      this.#triedAt = Date.now();
      this.#planNext(0);
    }
    return false;
  }

  describe(): string {
    if (!this.#list) return "Tencent's list could not be had yet: everyone is let in";
    const list = `Tencent's list of ${this.#list.size}, of ${new Date(this.#fetchedAt).toISOString()}`;
    return this.isEnforced ? list : `${list}, is too old: everyone is let in`;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#next);
    this.#stopped.abort();
    await this.#fetching;
  }

  #planNext(after: number): void {
    if (this.#stopped.signal.aborted || this.#fetching) return;
    clearTimeout(this.#next);
    const fetchLater = () => {
      this.#fetching = this.#fetchNow().finally(() => {
        this.#fetching = undefined;
        const { first, longest } = RETRY;
        this.#planNext(
          this.#failures === 0 ? REFRESH_AFTER : Math.min(longest, first * 2 ** (this.#failures - 1)),
        );
      });
    };
    this.#next = setTimeout(fetchLater, after).unref();
  }

  async #fetchNow(): Promise<void> {
    const { fetch, logger } = this.#options;
    this.#triedAt = Date.now();
    try {
      const addresses = await fetch(this.#stopped.signal);
      const kept = { fetchedAt: Date.now(), addresses };
      if (parseRanges(addresses).length === 0) throw new Error('the list has no address');
      this.#failures = 0;
      this.#use(kept);
      logger.info({ addresses: addresses.length }, "Tencent's list of addresses was fetched");
      await this.#keep(kept);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#failures += 1;
      const reason = error instanceof Error ? error.message : String(error);
      const level = this.isEnforced ? 'warn' : 'error';
      logger[level]({ reason, state: this.describe() }, "Tencent's list of addresses could not be had");
    }
  }

  #use({ fetchedAt, addresses }: KeptList): void {
    this.#list = new AddressList(parseRanges(addresses));
    this.#fetchedAt = fetchedAt;
  }

  /** A disk that is full or read-only changes nothing but the next start. */
  async #keep(kept: KeptList): Promise<void> {
    try {
      await writeKept(this.#options.file, kept);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.logger.warn(
        { reason },
        "Tencent's list of addresses could not be kept for the next start",
      );
    }
  }
}
