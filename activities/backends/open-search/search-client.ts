import { Client } from '@opensearch-project/opensearch';
import { BackendError } from '../backend.ts';
import { withDeadline } from '../net/deadline.ts';
import { parseSearchUrl } from './search-address.ts';
import { explainSearchError } from './search-errors.ts';

/** Two requests must fit into the 30 s of an activity, so that it can say why it failed. */
export const REQUEST_MS = 12_000;

export type SearchAddress = {
  /** It may contain credentials. */
  url: string;
  /** The CA of the server's certificate, in PEM, if the system does not know that CA. */
  ca?: string | undefined;
};

/** For calls that nobody can cancel. */
const NEVER = new AbortController().signal;

/** A request of the official client. */
type Request<T> = PromiseLike<{ body: T }> & { abort(): void };

/** The official client; every request has a deadline, can be aborted, and has its errors explained. */
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
      // Temporal retries, because people can see that in its UI.
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
        // In braces, because `abort` returns the request, and a promise that a listener returns ends the process when
        // it rejects.
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

  /**
   * True also for a user who may not ask. Such a user may not create an index either, so the delete that follows
   * fails and does no harm.
   */
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
