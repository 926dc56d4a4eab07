import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { withDeadline } from '../../activities/backends/net/deadline.ts';
import { composeCallback } from '../../src/callback/compose-request.ts';
import type { Pair } from '../../workflows/contract.ts';
import { pairsOf } from './inputs/numbered-pairs.ts';
import { compareWithTemporal, type Faults } from './ledger-comparison.ts';

/** Without an answer by then its outcome is unknown, in ms. */
const GIVE_UP_MS = 10_000;

/** How often a paused load looks whether it may go on, in ms. */
const PAUSED_MS = 50;
/** What a busy machine delayed is made up for, up to this, in ms. */
const LATE_MS = 500;

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

/** Sends callbacks, writes down every answer, and compares with what Temporal has. */
export class Ledger {
  readonly entries: Entry[] = [];
  /** For a test that failed before it stopped its load. */
  stopLoad: () => void = () => undefined;
  /** Of all answers, in ms. */
  readonly latencies: number[] = [];
  /** Why there was no answer, and how often. */
  readonly unanswered = new Map<string, number>();
  /** Callbacks with an answer `OK`. */
  acknowledged = 0;
  /** Answers that were not `OK`, and requests without an answer. */
  readonly failures = { refused: 0, unknown: 0 };
  readonly #options: LedgerOptions;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Sends a callback that differs from every other: each third without a RequestId, one to three pairs. */
  async send(url: string): Promise<Entry> {
    const number = this.entries.length;
    const entry: Entry = {
      pairs: pairsOf(number),
      requestId: number % 3 === 2 ? undefined : `request-${number}`,
      ...{ deliveryIds: new Set<string>(), refused: 0, unknown: 0 },
    };
    this.entries.push(entry);
    await this.resend(url, entry);
    return entry;
  }

  /** Sends one that is signed, ours, and can't be read: it goes to the quarantine and no workflow is started. */
  async sendBroken(url: string): Promise<void> {
    const { query } = composeCallback({ ...this.#options, pairs: [], now: Date.now() });
    const target = new URL(url);
    target.search = query.toString();
    await (await fetch(target, { method: 'POST', body: '{' })).text();
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
      const { headers, ActionStatus } = await withDeadline(GIVE_UP_MS, undefined, async (signal) => {
        const response = await fetch(target, { method: 'POST', body, signal });
        const { ActionStatus } = (await response.json()) as { ActionStatus: string };
        return { headers: response.headers, ActionStatus };
      });
      this.latencies.push(performance.now() - startedAt);
      if (ActionStatus === 'OK') this.#noteOk(entry, headers.get('x-delivery-id') ?? 'none');
      else this.#noteRefused(entry);
    } catch (error) {
      this.#noteUnknown(entry, error);
    }
  }

  #noteOk(entry: Entry, deliveryId: string): void {
    if (entry.deliveryIds.size === 0) this.acknowledged += 1;
    entry.deliveryIds.add(deliveryId);
  }

  #noteRefused(entry: Entry): void {
    entry.refused += 1;
    this.failures.refused += 1;
  }

  #noteUnknown(entry: Entry, error: unknown): void {
    entry.unknown += 1;
    this.failures.unknown += 1;
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    this.unanswered.set(reason, (this.unanswered.get(reason) ?? 0) + 1);
  }

  /** Sends `rate` callbacks a second at most, each twentieth twice at once, until stopped, except while `paused`. */
  load(url: () => string, rate: number, paused: () => boolean = () => false): { stop(): Promise<void> } {
    const inFlight = new Set<Promise<unknown>>();
    const note = (sending: Promise<unknown>) => {
      inFlight.add(sending);
      void sending.finally(() => inFlight.delete(sending));
    };
    let running = true;
    this.stopLoad = () => {
      running = false;
    };
    const pacing = (async () => {
      let next = performance.now();
      for (let sent = 0; running; sent += 1) {
        while (running && paused()) await delay(PAUSED_MS);
        note(this.send(url()));
        const entry = this.entries.at(-1);
        if (entry && sent % 20 === 0) note(this.resend(url(), entry));
        // After a pause nothing is made up for.
        next = Math.max(next + 1_000 / rate, performance.now() - LATE_MS);
        await delay(Math.max(0, next - performance.now()));
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
  faults(client: Client): Promise<Faults> {
    return compareWithTemporal(client, { entries: this.entries, sdkAppId: this.#options.sdkAppId });
  }
}
