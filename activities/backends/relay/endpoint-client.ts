import { Pool } from 'undici';
import { readAnswer } from '../net/read-answer.ts';
import { RELAY_HEADER } from './relay-loop.ts';

/** The vendor's answers are small. A larger one is not read to its end. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * How long a connection without requests is kept, in ms, where the endpoint does not say: shorter than common servers
 * keep it, so that a request does not meet a connection that the endpoint is closing.
 */
const KEEP_ALIVE_MS = 1_000;

export type EndpointOptions = {
  url: string;
  /** PEM of an authority of one's own. */
  ca?: string | undefined;
  /** How many requests run at once; the others wait. */
  connections: number;
};

export type EndpointRequest = {
  /** Added to the query string of the endpoint's own URL, byte for byte. */
  query: string;
  body: Buffer;
  headers: Record<string, string>;
  signal: AbortSignal;
};

export type EndpointAnswer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
};

/** The endpoint answered with more than {@link MAX_ANSWER_BYTES}. */
export class AnswerTooLargeError extends Error {
  override name = 'AnswerTooLargeError';
  readonly status: number;
  readonly headers: EndpointAnswer['headers'];

  constructor({ status, headers }: Pick<EndpointAnswer, 'status' | 'headers'>) {
    super('the answer is larger than 1 MB');
    this.status = status;
    this.headers = headers;
  }
}

/** Posts to the app's endpoint over kept connections. It follows no redirects. */
export class EndpointClient {
  /** For messages. Only the host: path and query may contain secrets. */
  readonly peer: string;
  readonly #url: URL;
  readonly #pool: Pool;

  constructor({ url, ca, connections }: EndpointOptions) {
    this.#url = new URL(url);
    this.peer = `the endpoint at ${this.#url.host}`;
    this.#pool = new Pool(this.#url.origin, {
      connections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { timeout: CONNECT_TIMEOUT_MS, ...(ca !== undefined && { ca }) },
    });
  }

  /**
   * @throws AnswerTooLargeError
   * @throws the error that kept the endpoint from answering, or the reason of the signal
   */
  async post({ query, signal, ...request }: EndpointRequest): Promise<EndpointAnswer> {
    const answer = await this.#pool.request({
      method: 'POST',
      path: this.#pathWith(query),
      headers: { ...request.headers, [RELAY_HEADER]: '1' },
      body: request.body,
      signal,
    });
    const { statusCode: status, headers } = answer;
    const body = await readAnswer(answer.body, MAX_ANSWER_BYTES);
    if (!body) throw new AnswerTooLargeError({ status, headers });
    return { status, headers, body };
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #pathWith(query: string): string {
    const { pathname, search } = this.#url;
    const queries = joinQueries(search.slice(1), query);
    return queries === '' ? pathname : `${pathname}?${queries}`;
  }
}

/** One query string from several, of which some may be empty. */
export function joinQueries(...queries: string[]): string {
  return queries.filter((query) => query !== '').join('&');
}
