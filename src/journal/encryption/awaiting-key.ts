import type { Database } from 'lmdb';
import { DecryptionError } from '../../encryption/key-ring.ts';
import { type Bytes, type Meta, pagesOf, WAITED } from '../database.ts';
import type { RecordCodec } from './record-codec.ts';

/** Logged with reasons that name the keys. */
export const AWAIT_KEY =
  'deliveries wait in the journal for their key: add it to PAYLOAD_KEYS again and restart the receiver';

const PER_COMMIT = 500;

export type AwaitingKeyOptions = {
  pending: Database<Buffer, string>;
  /** Absent in a database of an earlier version that is only read. */
  awaiting: Database<Buffer, string> | undefined;
  meta: Meta;
  codec: RecordCodec;
  /** Resolves when what it wrote is on the disk. */
  write: (write: () => void) => Promise<void>;
};

/**
 * Pending deliveries that are encrypted with a key that `PAYLOAD_KEYS` lacks. They wait in a part of their own, so that
 * the dispatcher finds what it can hand over, however many wait. A receiver that has the key makes them pending again.
 */
export class AwaitingKey {
  readonly #options: AwaitingKeyOptions;
  readonly #reasons = new Set<string>();
  #isStopped = false;

  constructor(options: AwaitingKeyOptions) {
    this.#options = options;
  }

  /** Why they wait, as far as this process has seen: one sentence per key. */
  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  /** Takes a delivery out of what is handed over, in one transaction. */
  async add(key: string, reason: string): Promise<void> {
    const { pending, awaiting, meta, write } = this.#options;
    this.#reasons.add(reason);
    await write(() => {
      const record = pending.get(key);
      if (!record) return;
      // If the part's name is damaged later, this shows that the part is missing.
      void meta.put(WAITED, 1);
      void awaiting?.put(key, Buffer.from(record));
      void pending.remove(key);
    });
  }

  /** Makes those pending again whose key is there now. To be called once, because keys change only with a restart. */
  async returnReadable(): Promise<void> {
    const { awaiting } = this.#options;
    for (const page of awaiting ? pagesOf(awaiting, PER_COMMIT) : []) {
      const readable = page.filter(({ key, value }) => this.#isReadable(key, value));
      if (readable.length > 0) await this.#return(readable);
      // Callbacks come meanwhile: no walk over a million entries may hold them up.
      else await new Promise(setImmediate);
      if (this.#isStopped) return;
    }
  }

  /** To be called before the database is closed: reading it after that would end the process. */
  stop(): void {
    this.#isStopped = true;
  }

  /** A damaged record counts as readable: the dispatcher moves it to the quarantine. */
  #isReadable(key: string, value: Buffer): boolean {
    try {
      this.#options.codec.decode('pending', key, value);
      return true;
    } catch (error) {
      if (!(error instanceof DecryptionError)) return true;
      this.#reasons.add(error.message);
      return false;
    }
  }

  #return(entries: readonly Bytes[]): Promise<void> {
    const { pending, awaiting, write } = this.#options;
    return write(() => {
      for (const { key, value } of entries) {
        void pending.put(key, value);
        void awaiting?.remove(key);
      }
    });
  }
}
