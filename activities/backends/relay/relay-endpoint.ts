import { BackendError, type Finding } from '../backend.ts';
import type { CallbackToRelay, Endpoint } from '../endpoint.ts';
import { withDeadline } from '../net/deadline.ts';
import { networkFailure, readRetryAfter, statusFailure } from '../net/http-failures.ts';
import { Slots } from '../net/slots.ts';
import { AnswerTooLargeError, type EndpointAnswer, EndpointClient, joinQueries } from './endpoint-client.ts';
import { isLoop } from './relay-loop.ts';

const TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 32;
const MAX_CODE_LENGTH = 20;
const NOTHING = Buffer.alloc(0);

/** A callback that waits longer for a connection is refused: an activity has 30 s for everything. */
const LONGEST_WAIT_MS = 10_000;

export type RelayEndpointOptions = {
  url: string;
  ca?: string | undefined;
  /** The parameters that every callback of the app has in its query, in the form `SdkAppid=1400000000`. */
  appQuery: string;
  /** Fresh parameters, in the form `Sign=…&RequestTime=…`; empty where the app has no token. */
  sign: () => string;
};

/** Relays callbacks that were acknowledged before. The endpoint has more time for them than the vendor gives it. */
export class RelayEndpoint implements Endpoint {
  readonly #client: EndpointClient;
  readonly #options: RelayEndpointOptions;
  readonly #slots = new Slots(MAX_CONNECTIONS);

  constructor(options: RelayEndpointOptions) {
    const { url, ca } = options;
    this.#client = new EndpointClient({ url, ca, connections: MAX_CONNECTIONS });
    this.#options = options;
  }

  async relay(callback: CallbackToRelay, signal: AbortSignal): Promise<'relayed'> {
    const { deliveryId, query, body, contentType } = callback;
    const headers = {
      'x-unfriend-delivery-id': deliveryId,
      ...(contentType !== undefined && { 'content-type': contentType }),
    };
    this.#throwUnlessDone(await this.#postInTurn(deliveryId, { query, body, headers }, signal));
    return 'relayed';
  }

  async #postInTurn(
    deliveryId: string,
    request: { query: string; body: Buffer; headers: Record<string, string> },
    signal: AbortSignal,
  ): Promise<EndpointAnswer> {
    const { peer } = this.#client;
    const turn = { of: deliveryId, longest: LONGEST_WAIT_MS, signal };
    const release = await this.#slots.acquire(turn).catch(() => {
      signal.throwIfAborted();
      throw new BackendError('Busy', `${peer} is slow: more callbacks wait for it than it takes`);
    });
    const query = joinQueries(request.query, this.#options.sign());
    try {
      return await withDeadline(TIMEOUT_MS, signal, (signal) =>
        this.#client.post({ ...request, query, signal }),
      );
    } catch (error) {
      signal.throwIfAborted();
      // So large an answer is not in the vendor's form, and has no ErrorCode. Its status still counts.
      if (error instanceof AnswerTooLargeError)
        return { status: error.status, headers: error.headers, body: NOTHING };
      throw networkFailure(error, peer);
    } finally {
      release();
    }
  }

  #throwUnlessDone(answer: EndpointAnswer): void {
    const { status, headers, body } = answer;
    const { peer } = this.#client;
    if (isLoop(answer))
      throw new BackendError(
        'Rejected',
        `${peer} is Unfriend itself: set RELAY_URL to the URL of the app’s own endpoint`,
      );
    if (status >= 300 && status < 400)
      throw new BackendError(
        'Rejected',
        `${peer} answered HTTP ${status}: redirects are not followed, set RELAY_URL to the target of the redirect`,
      );
    if (status < 200 || status >= 300)
      throw statusFailure(status, peer, readRetryAfter(headers['retry-after'], Date.now()));
    const errorCode = readErrorCode(body);
    if (!SUCCESS_CODES.includes(errorCode))
      throw new BackendError(
        'ServerError',
        `${peer} answered ErrorCode ${String(errorCode).slice(0, MAX_CODE_LENGTH)}`,
      );
  }

  /** Asks as the vendor's console does when somebody sets a callback URL. Nothing happens by it. */
  async check(): Promise<Finding[]> {
    const { peer } = this.#client;
    const { appQuery, sign } = this.#options;
    const query = joinQueries(appQuery, sign());
    const probe = { query, body: Buffer.alloc(0), headers: {} };
    try {
      const answer = await withDeadline(TIMEOUT_MS, undefined, (signal) =>
        this.#client.post({ ...probe, signal }),
      );
      return [this.#findingOf(answer)];
    } catch (error) {
      const reason =
        error instanceof AnswerTooLargeError
          ? `${peer}: ${error.message}`
          : networkFailure(error, peer).message;
      return [{ state: 'fault', message: `${reason}; check RELAY_URL` }];
    }
  }

  #findingOf(answer: EndpointAnswer): Finding {
    const { status } = answer;
    const { peer } = this.#client;
    if (isLoop(answer))
      return {
        state: 'fault',
        message: `${peer} is Unfriend itself; set RELAY_URL to the URL of the app’s own endpoint`,
      };
    if (status === 200) return { state: 'ok', message: `${peer} answered a probe with HTTP 200` };
    return {
      state: 'warning',
      message: `${peer} answered a probe with HTTP ${status}; a probe is a POST without a body, as the Chat console sends it; check RELAY_URL if callbacks fare no better`,
    };
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** Some endpoints write numbers as text. */
const SUCCESS_CODES: readonly unknown[] = [0, '0', null, undefined];

/** Undefined: the answer has no such field. */
function readErrorCode(body: Buffer): unknown {
  try {
    const answer: unknown = JSON.parse(body.toString());
    return typeof answer === 'object' && answer !== null && 'ErrorCode' in answer
      ? answer.ErrorCode
      : undefined;
  } catch {
    return undefined;
  }
}
