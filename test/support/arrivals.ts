import { OK } from '../../src/callback/answer.ts';
import type { Arrival } from './doubles/ledger-endpoint.ts';
import type { SentCallback } from './doubles/mixed-sender.ts';
import { ownAnswer } from './doubles/own-answer.ts';
import { readLines } from './read-lines.ts';

const UNFRIEND_OK = JSON.stringify(OK.body);

/** Who answered a callback: the endpoint in its own words, Unfriend with OK, or nobody (504 without a body). */
export type Answerer = 'endpoint' | 'unfriend' | 'nobody' | 'other';

export function answererOf({
  status,
  answer,
  command,
  requestId,
  deliveryId,
}: Omit<SentCallback, 'via' | 'digest'>): Answerer {
  if (status === 504 && answer === '') return 'nobody';
  if (status !== 200) return 'other';
  if (answer === ownAnswer(command, requestId)) return 'endpoint';
  return answer === UNFRIEND_OK && deliveryId !== undefined ? 'unfriend' : 'other';
}

/** What the endpoint's ledger says. */
export class Arrivals {
  readonly all: Arrival[];
  readonly #byRequestId = new Map<string, Arrival[]>();

  private constructor(all: Arrival[]) {
    this.all = all;
    for (const arrival of all) {
      const others = this.#byRequestId.get(arrival.requestId) ?? [];
      this.#byRequestId.set(arrival.requestId, [...others, arrival]);
    }
  }

  static read(ledger: string): Arrivals {
    return new Arrivals(readLines<Arrival>(ledger));
  }

  /** How often a callback arrived with its own bytes, well signed, and under the delivery id that was answered. */
  timesOf(callback: SentCallback): number {
    const arrivals = this.#byRequestId.get(callback.requestId) ?? [];
    return arrivals.filter(
      (arrival) => arrival.isSigned && isOf(arrival, callback) && arrival.deliveryId === callback.deliveryId,
    ).length;
  }

  /** Those of `sent` that were answered OK, by the endpoint or by Unfriend, and never arrived. */
  lostOf(sent: readonly SentCallback[]): SentCallback[] {
    return sent.filter((callback) => {
      const answerer = answererOf(callback);
      return (answerer === 'endpoint' || answerer === 'unfriend') && this.timesOf(callback) === 0;
    });
  }

  /** Those that nobody sent: the RequestId, the command or a byte of the body differs. */
  inventedBeside(sent: readonly SentCallback[]): Arrival[] {
    const byRequestId = new Map(sent.map((callback) => [callback.requestId, callback]));
    return this.all.filter((arrival) => {
      const callback = byRequestId.get(arrival.requestId);
      return callback === undefined || !isOf(arrival, callback);
    });
  }
}

function isOf({ command, digest }: Arrival, callback: SentCallback): boolean {
  return command === callback.command && digest === callback.digest;
}
