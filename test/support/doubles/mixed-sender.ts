import { withDeadline } from '../../../activities/backends/net/deadline.ts';
import { atARate } from '../at-a-rate.ts';
import { composeNumbered, digestOf, type NumberedCallback } from '../inputs/numbered-callbacks.ts';

/** `status` is absent where there was no answer; `error` says why. */
export type SentCallback = NumberedCallback & {
  /** What stood at the callback URL, in the words of whoever chose it. */
  via: string;
  /** See {@link digestOf}. */
  digest: string;
  status?: number;
  answer?: string;
  deliveryId?: string;
  error?: string;
};

export type MixedSenderOptions = {
  sdkAppId: string;
  token: string;
  /** Part of every RequestId. */
  name: string;
  /** The callbacks have these commands in turn. */
  commands: readonly string[];
  /** Where the next callback goes. */
  target: () => { url: string; via: string };
  /** How long an answer may take, in ms. */
  patience: number;
};

/** Sends callbacks of several commands at a steady rate, and remembers each of them with its answer. */
export class MixedSender {
  readonly sent: SentCallback[] = [];
  readonly #options: MixedSenderOptions;

  constructor(options: MixedSenderOptions) {
    this.#options = options;
  }

  /** Returns once every callback was answered, or was given up. */
  send({ rate, isDone }: { rate: number; isDone: () => boolean }): Promise<void> {
    return atARate({ rate, isDone }, () => this.#sendNext());
  }

  async #sendNext(): Promise<void> {
    const { name: sender, commands, patience, target, ...app } = this.#options;
    const number = this.sent.length;
    const command = commands[number % commands.length] ?? '';
    const { url, via } = target();
    const composed = composeNumbered({ ...app, command, sender, number });
    const callback: SentCallback = { ...composed, via, digest: digestOf(composed.body) };
    this.sent.push(callback);
    try {
      await withDeadline(patience, undefined, (signal) => post(url, callback, signal));
    } catch (error) {
      const { message, cause } = error as Error;
      callback.error = cause instanceof Error ? cause.message : message;
    }
  }
}

async function post(url: string, callback: SentCallback, signal: AbortSignal): Promise<void> {
  const target = new URL(url);
  target.search = [target.search.slice(1), callback.query].filter((part) => part !== '').join('&');
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(target, { method: 'POST', headers, body: callback.body, signal });
  callback.answer = await response.text();
  callback.status = response.status;
  const deliveryId = response.headers.get('x-delivery-id');
  if (deliveryId !== null) callback.deliveryId = deliveryId;
}
