import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { composeCallback } from '../../src/callback/compose-request.ts';
import { type FriendDeletedInput, type Pair, workflowId } from '../../workflows/contract.ts';

/** Without an answer by then its outcome is unknown, in ms. */
const GIVE_UP_MS = 10_000;

/** Histories that are read at once. */
const READERS = 32;

/** One callback, sent once or several times, and how each was answered. */
export type Entry = {
  pairs: Pair[];
  requestId: string | undefined;
  /** The delivery ids of the answers `OK`; more than one is a fault. */
  deliveryIds: Set<string>;
  /** Answers other than `OK`. */
  refused: number;
  /** No answer: the callback may have arrived or not. */
  unknown: number;
};

export type LedgerOptions = {
  /** An app of its own for each ledger: all its workflows are accounted for. */
  sdkAppId: string;
  token: string;
};

/** What of the ledger Temporal contradicts; each by the callback's number, or the workflow's id. */
export type Faults = {
  /** Answered `OK`, and no workflow. */
  lost: string[];
  /** More than one workflow, or one id with two runs. */
  doubled: string[];
  /** A workflow with other pairs, or under another id than was answered. */
  wrong: string[];
  /** A workflow of a callback that was never sent. */
  invented: string[];
};

export const NO_FAULTS: Faults = { lost: [], doubled: [], wrong: [], invented: [] };

/** Sends callbacks, writes down every answer, and compares with what Temporal has. */
export class Ledger {
  readonly entries: Entry[] = [];
  /** Of all answers, in ms. */
  readonly latencies: number[] = [];
  readonly #options: LedgerOptions;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  get acknowledged(): number {
    return this.entries.filter(({ deliveryIds }) => deliveryIds.size > 0).length;
  }

  /** Answers that were not `OK`, and requests without an answer. */
  get failures(): { refused: number; unknown: number } {
    const sum = (of: 'refused' | 'unknown') => this.entries.reduce((total, entry) => total + entry[of], 0);
    return { refused: sum('refused'), unknown: sum('unknown') };
  }

  /** Sends a callback that differs from every other: each third without a RequestId, one to three pairs. */
  async send(url: string): Promise<Entry> {
    const number = this.entries.length;
    const entry: Entry = {
      pairs: Array.from({ length: 1 + (number % 3) }, (_, index) => ({
        from: `from-${number}`,
        to: `to-${number}-${index}`,
      })),
      requestId: number % 3 === 2 ? undefined : `request-${number}`,
      ...{ deliveryIds: new Set<string>(), refused: 0, unknown: 0 },
    };
    this.entries.push(entry);
    await this.resend(url, entry);
    return entry;
  }

  /** Sends the same callback once more. */
  async resend(url: string, entry: Entry): Promise<void> {
    const { pairs, requestId } = entry;
    const { query, body } = composeCallback({
      ...this.#options,
      ...{ pairs, now: Date.now() },
      ...(requestId && { requestId }),
    });
    const target = new URL(url);
    target.search = query.toString();
    const startedAt = performance.now();
    try {
      const response = await fetch(target, {
        ...{ method: 'POST', body, signal: AbortSignal.timeout(GIVE_UP_MS) },
      });
      const { ActionStatus } = (await response.json()) as { ActionStatus: string };
      this.latencies.push(performance.now() - startedAt);
      if (ActionStatus === 'OK') entry.deliveryIds.add(response.headers.get('x-delivery-id') ?? 'none');
      else entry.refused += 1;
    } catch {
      entry.unknown += 1;
    }
  }

  /** Sends `rate` callbacks a second, each twentieth twice at once, until stopped. */
  load(url: () => string, rate: number): { stop(): Promise<void> } {
    const inFlight = new Set<Promise<unknown>>();
    const note = (sending: Promise<unknown>) => {
      inFlight.add(sending);
      void sending.finally(() => inFlight.delete(sending));
    };
    let running = true;
    const pacing = (async () => {
      const startedAt = performance.now();
      for (let sent = 0; running; sent += 1) {
        const target = url();
        note(this.send(target));
        const entry = this.entries.at(-1);
        if (entry && sent % 20 === 0) note(this.resend(target, entry));
        await delay(Math.max(0, startedAt + (sent * 1000) / rate - performance.now()));
      }
    })();
    return {
      async stop() {
        running = false;
        await pacing;
        await Promise.all(inFlight);
      },
    };
  }

  /** Compares with Temporal, once the journal is empty. */
  async faults(client: Client): Promise<Faults> {
    const faults: Faults = { lost: [], doubled: [], wrong: [], invented: [] };
    const found = await this.#workflows(client, faults);
    this.entries.forEach((entry, number) => {
      const workflows = found.get(number) ?? [];
      if (workflows.length > 1) faults.doubled.push(String(number));
      if (entry.deliveryIds.size === 0) return;
      if (workflows.length === 0) faults.lost.push(String(number));
      const answered = [...entry.deliveryIds];
      if (workflows.length === 1 && (answered.length > 1 || answered[0] !== workflows[0]))
        faults.wrong.push(`${number}: answered ${answered.join()}, started ${workflows.join()}`);
    });
    return faults;
  }

  /** The delivery ids that Temporal has of each callback, by its number. */
  async #workflows(client: Client, faults: Faults): Promise<Map<number, string[]>> {
    const found = new Map<number, string[]>();
    const ids = await this.#workflowIds(client, faults);
    const read = async () => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
        const input = await inputOf(client, id);
        if (!input) continue;
        const number = this.#numberOf(id, input, faults);
        found.set(number, [...(found.get(number) ?? []), input.delivery.deliveryId]);
      }
    };
    await Promise.all(Array.from({ length: READERS }, read));
    return found;
  }

  /** Which callback a workflow is of, after a look at whether it says what was sent. */
  #numberOf(id: string, { delivery, pairs }: FriendDeletedInput, faults: Faults): number {
    const number = Number(/^from-(\d+)$/.exec(pairs[0]?.from ?? '')?.[1] ?? Number.NaN);
    const sent = this.entries[number];
    if (!sent) faults.invented.push(id);
    else if (JSON.stringify(sent.pairs) !== JSON.stringify(pairs)) faults.wrong.push(`${id}: other pairs`);
    else if (workflowId(delivery) !== id) faults.wrong.push(`${id}: is of ${delivery.deliveryId}`);
    return number;
  }

  /** From the list, and those that should be there by name: the list runs behind. */
  async #workflowIds(client: Client, faults: Faults): Promise<string[]> {
    const { sdkAppId } = this.#options;
    const ids = new Set<string>();
    const query = `WorkflowId STARTS_WITH "${workflowId({ sdkAppId, deliveryId: '' })}"`;
    for await (const { workflowId: id } of client.workflow.list({ query })) {
      if (ids.has(id)) faults.doubled.push(id);
      ids.add(id);
    }
    for (const { deliveryIds } of this.entries) {
      for (const deliveryId of deliveryIds) ids.add(workflowId({ sdkAppId, deliveryId }));
    }
    return [...ids];
  }
}

/** Undefined: there is no such workflow. */
async function inputOf(client: Client, id: string): Promise<FriendDeletedInput | undefined> {
  try {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      ...{ namespace: client.options.namespace, maximumPageSize: 1 },
      execution: { workflowId: id },
    });
    const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    return JSON.parse(
      Buffer.from(started?.input?.payloads?.[0]?.data ?? []).toString(),
    ) as FriendDeletedInput;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === status.NOT_FOUND) return undefined;
    throw error;
  }
}
