import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { KeyRing } from '../../../src/encryption/key-ring.ts';
import { parsePayloadKeys } from '../../../src/encryption/payload-keys.ts';
import { JournalStore } from '../../../src/journal/store.ts';
import { startOptions } from '../../../src/temporal/start/start-delivery.ts';
import { type Pair, workflowId, workflowTypeOf } from '../../../workflows/contract.ts';
import type { AnyDeliveryInput } from '../../../workflows/planning/plan-delivery.ts';
import { pairsOf } from '../inputs/deliveries.ts';
import { runUnfriend } from '../servers/process.ts';
import { temporaryFolder } from '../servers/temporal.ts';
import { AttentionStage } from './attention-stage.ts';

/** One entry of `PAYLOAD_KEYS`. */
export function payloadKey(id: string): string {
  return `${id}:${Buffer.alloc(32, id).toString('base64')}`;
}

/** A Temporal with deliveries, a journal in a folder, and `find` and `erase` of the built program on both. */
export class AccountStage {
  readonly deliveries: AttentionStage;
  readonly folder: ReturnType<typeof temporaryFolder>;

  static async start(options: Parameters<typeof AttentionStage.start>[0] = {}): Promise<AccountStage> {
    return new AccountStage(await AttentionStage.start(options));
  }

  private constructor(deliveries: AttentionStage) {
    this.deliveries = deliveries;
    this.folder = temporaryFolder();
  }

  async stop(): Promise<void> {
    await this.deliveries.temporal.stop();
    this.folder.remove();
  }

  /** Starts a delivery as a receiver with these settings does, and returns its workflow id. */
  async deliver(
    input: AnyDeliveryInput,
    { indexAccounts = true, key = '' }: { indexAccounts?: boolean; key?: string } = {},
  ): Promise<string> {
    const { temporal, taskQueue } = this.deliveries;
    const ring = key === '' ? undefined : new KeyRing(parsePayloadKeys(key));
    const hashAccount = ring && ((account: string) => ring.hashAccount(account));
    const id = workflowId(input.delivery);
    await temporal.client.workflow.start(workflowTypeOf(input.delivery), {
      ...startOptions(input, { taskQueue, bodyHash: id, indexAccounts, hashAccount }),
      workflowId: id,
    });
    return id;
  }

  /** A delivery with this pair that a receiver has acknowledged. */
  async journal(deliveryId: string, pair: [string, string]): Promise<void> {
    const pending = pendingOf(deliveryId, pairsOf(pair));
    await this.#onJournal((store) => store.append([{ pending, seenKey: deliveryId }]));
  }

  async quarantine(deliveryId: string, pair: [string, string]): Promise<void> {
    const pending = pendingOf(deliveryId, pairsOf(pair));
    await this.#onJournal((store) => store.addQuarantined({ ...WHY, kind: 'delivery', pending }));
  }

  async quarantineRaw(body: string): Promise<void> {
    const raw = { receivedAt: Date.now(), query: {}, body: Buffer.from(body).toString('base64') };
    await this.#onJournal((store) => store.addQuarantined({ ...WHY, kind: 'raw', raw }));
  }

  async quarantineDamaged(): Promise<void> {
    await this.#onJournal((store) => store.addQuarantined({ ...WHY, kind: 'damaged', entry: 'AAAA' }));
  }

  /** Runs a command on this Temporal and this folder. */
  unfriend(args: string[], settings: Record<string, string> = {}) {
    const TEMPORAL_ADDRESS = String(this.deliveries.temporal.settings.connectionOptions.address);
    return runUnfriend(args, { TEMPORAL_ADDRESS, DATA_DIR: this.folder.path, ...settings });
  }

  /** Runs one with `--json`; fails when it prints anything beside the document. */
  async json<T>(args: string[], settings: Record<string, string> = {}) {
    const { code, stdout, stderr } = await this.unfriend([...args, '--json'], settings);
    try {
      return { code, document: JSON.parse(stdout) as T, stderr };
    } catch {
      throw new Error(`no JSON document, but ${code}: ${stdout}\n${stderr}`);
    }
  }

  async #onJournal(write: (store: JournalStore) => Promise<void>): Promise<void> {
    const dir = join(this.folder.path, 'journal');
    mkdirSync(dir, { recursive: true });
    const store = await JournalStore.open({ dir });
    await write(store);
    await store.close();
  }
}

const WHY = { reason: 'why', quarantinedAt: Date.now() };

function pendingOf(deliveryId: string, pairs: Pair[]) {
  const delivery = { deliveryId, sdkAppId: '1400000000', receivedAt: Date.now() };
  return { delivery, pairs, bodyHash: deliveryId };
}
