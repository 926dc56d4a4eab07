import { Webhook as Signer } from 'standardwebhooks';
import { Agent, type buildConnector, type Dispatcher, request } from 'undici';
import { BackendError, type Finding } from '../backend.ts';
import type { FriendDeletedMessage, Messenger } from '../messenger.ts';
import { withDeadline } from '../net/deadline.ts';
import { networkFailure, readRetryAfter, statusFailure } from '../net/http-failures.ts';
import {
  guardedConnector,
  isPublicAddress,
  type Lookup,
  RefusedAddressError,
} from '../net/public-addresses.ts';
import { Slots } from '../net/slots.ts';
import { readWebhookSecret } from './webhook-secret.ts';

export type WebhookOptions = {
  url: string;
  /** `whsec_` and base64, or the text of the key itself. */
  secret: string;
  /** Whether the endpoint may be at an address that is not on the public internet. */
  allowPrivate: boolean;
  isAllowed?: (address: string) => boolean;
  lookup?: Lookup;
  ca?: string;
};

const TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** The body of the answer is not used. Only a connection whose answer was read to its end can be used again. */
const READ_BYTES = 16 * 1024;
const READ_MS = 1_000;

const MAX_CONNECTIONS = 32;

/** A message that waits longer for a connection is refused: an activity has 30 s for everything. */
const LONGEST_WAIT_MS = 10_000;

/** Posts messages to the endpoint by the Standard Webhooks specification: https://www.standardwebhooks.com */
export class WebhookMessenger implements Messenger {
  readonly #url: URL;
  readonly #peer: string;
  readonly #signer: Signer;
  readonly #connect: buildConnector.connector;
  readonly #agent: Agent;
  readonly #slots = new Slots(MAX_CONNECTIONS);

  constructor({ url, secret, allowPrivate, isAllowed = isPublicAddress, lookup, ca }: WebhookOptions) {
    const key = readWebhookSecret(secret);
    if (!key) throw new TypeError('not a webhook secret');
    this.#url = new URL(url);
    // Only the host: path and query may contain secrets.
    this.#peer = `the endpoint at ${this.#url.host}`;
    this.#signer = new Signer(key, { format: 'raw' });
    this.#connect = guardedConnector({
      isAllowed: allowPrivate ? () => true : isAllowed,
      ...(lookup && { lookup }),
      ...(ca && { ca }),
      timeout: CONNECT_TIMEOUT_MS,
    });
    this.#agent = new Agent({ connect: this.#connect, connections: MAX_CONNECTIONS });
  }

  async send(message: FriendDeletedMessage, key: string, signal: AbortSignal): Promise<'sent'> {
    const { statusCode, headers } = await this.#postInTurn(message, webhookId(key), signal);
    if (statusCode >= 200 && statusCode < 300) return 'sent';
    if (statusCode >= 300 && statusCode < 400) {
      const message = `${this.#peer} answered HTTP ${statusCode}: redirects are not followed, set NOTIFY_URL to the target of the redirect`;
      throw new BackendError('Rejected', message);
    }
    throw statusFailure(statusCode, this.#peer, readRetryAfter(headers['retry-after'], Date.now()));
  }

  /**
   * The time to answer begins only when there is a connection. Otherwise a message could time out while the endpoint
   * is accepting it.
   */
  async #postInTurn(
    message: FriendDeletedMessage,
    id: string,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const turn = { of: message.data.deliveryId, longest: LONGEST_WAIT_MS, signal };
    const release = await this.#slots.acquire(turn).catch(() => {
      signal.throwIfAborted();
      throw new BackendError('Busy', `${this.#peer} is slow: more messages wait for it than it takes`);
    });
    try {
      const response = await this.#post(JSON.stringify(message), id, signal);
      await discard(response.body);
      return response;
    } finally {
      release();
    }
  }

  async #post(body: string, id: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const now = new Date();
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'unfriend',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': this.#signer.sign(id, now, body),
    };
    try {
      return await withDeadline(TIMEOUT_MS, signal, (signal) =>
        request(this.#url, { method: 'POST', headers, body, dispatcher: this.#agent, signal }),
      );
    } catch (error) {
      signal.throwIfAborted();
      throw this.#failureOf(error);
    }
  }

  #failureOf(error: unknown): BackendError {
    if (!(error instanceof RefusedAddressError)) return networkFailure(error, this.#peer);
    const message = `${this.#peer} is at an address that is not public: set NOTIFY_ALLOW_PRIVATE=on if that is meant`;
    return new BackendError('Rejected', message);
  }

  async check(): Promise<Finding[]> {
    try {
      await this.#tryToConnect();
    } catch (error) {
      const message = `${this.#failureOf(error).message}; check NOTIFY_URL`;
      return [{ state: 'fault', message }];
    }
    if (this.#url.protocol === 'https:') {
      return [{ state: 'ok', message: `${this.#peer} is there, over TLS; nothing was posted` }];
    }
    const message = `${this.#peer} is there; messages are signed, and go unencrypted: prefer https://`;
    return [{ state: 'warning', message }];
  }

  #tryToConnect(): Promise<void> {
    const { protocol, host, port } = this.#url;
    const hostname = this.#url.hostname.replace(/^\[|\]$/g, '');
    return new Promise((resolve, reject) => {
      this.#connect({ protocol, host, hostname, port }, (error, socket) => {
        socket?.destroy();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/**
 * Replaces full stops in the idempotency key. They separate the parts of the signed text, so the specification does
 * not allow them in an id. Percent signs of accounts are already escaped in a key, so two keys never give one id.
 */
function webhookId(key: string): string {
  return key.replaceAll('.', '%2E');
}

async function discard(body: Dispatcher.ResponseData['body']): Promise<void> {
  const timer = setTimeout(() => body.destroy(), READ_MS);
  await body.dump({ limit: READ_BYTES }).catch(() => undefined);
  clearTimeout(timer);
}
