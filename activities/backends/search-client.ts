import { Client } from '@opensearch-project/opensearch';
import { BackendError } from './backend.ts';
import { withDeadline } from './deadline.ts';
import { parseSearchUrl } from './search-address.ts';
import { explainSearchError } from './search-errors.ts';

/** An activity has 30 s: two requests of it must fit, so that it can say why it failed. */
export const REQUEST_MS = 12_000;

export type SearchAddress = {
  /** Credentials may stand in it. */
  url: string;
  /** PEM of the CA that signed the server's certificate, where the system does not know it. */
  ca?: string | undefined;
};

/** For who has nobody to cancel it. */
const NEVER = new AbortController().signal;

/** A request of the official client, which can be given up. */
type Request<T> = PromiseLike<{ body: T }> & { abort(): void };

/** The official client, with a deadline and an abort for each request and its errors explained. */
export class SearchClient {
  readonly where: string;
  readonly #client: Client;

  constructor({ url, ca }: SearchAddress) {
    const { node, username, password } = parseSearchUrl(url);
    this.where = node.replace(/\/$/, '');
    this.#client = new Client({
      node,
      ...(username && { auth: { username, password } }),
      ...(ca && { ssl: { ca } }),
      // Retries are Temporal's, where operators see them.
      maxRetries: 0,
      requestTimeout: REQUEST_MS,
      resurrectStrategy: 'none',
    });
  }

  /** @throws BackendError, or the signal's reason */
  async ask<T>(what: string, send: (client: Client) => Request<T>, signal = NEVER): Promise<T> {
    try {
      return await withDeadline(REQUEST_MS, signal, async (either) => {
        const request = send(this.#client);
        // Without a result: `abort` gives the request back, and a listener's rejected promise ends the process.
        either.addEventListener('abort', () => {
          request.abort();
        });
        try {
          return (await request).body;
        } catch (error) {
          either.throwIfAborted();
          throw error;
        }
      });
    } catch (error) {
      signal.throwIfAborted();
      throw explainSearchError(`${what} at ${this.where}`, error);
    }
  }

  /** Who may not look is told yes: then the delete itself fails, and nobody creates an index without the right to. */
  async hasIndex(what: string, index: string, signal = NEVER): Promise<boolean> {
    try {
      return await this.ask<boolean>(what, (api) => api.indices.exists({ index }), signal);
    } catch (error) {
      if (error instanceof BackendError && error.type === 'Unauthorized') return true;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
