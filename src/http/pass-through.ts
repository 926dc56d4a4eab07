import type { IncomingHttpHeaders } from 'node:http';
import { withDeadline } from '../../activities/backends/net/deadline.ts';
import { codeOf } from '../../activities/backends/net/network-errors.ts';
import {
  AnswerTooLargeError,
  type EndpointAnswer,
  EndpointClient,
} from '../../activities/backends/relay/endpoint-client.ts';
import { isLoop } from '../../activities/backends/relay/relay-loop.ts';
import { FAILED, NO_ANSWER, OK } from '../callback/answer.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { PassedThrough, RelayMetrics } from '../telemetry/relay-metrics.ts';
import { SummedLog } from '../telemetry/summed-log.ts';
import type { Answered } from './answers.ts';
import { endToEndHeaders } from './end-to-end-headers.ts';

/** The answer to a callback that the endpoint did not answer in time. */
const ANSWERS = { none: NO_ANSWER, ok: OK, fail: FAILED };

export type PassThroughSettings = {
  url: string;
  ca: string | undefined;
  /** How long everything may take, in ms. */
  timeout: number;
  failure: keyof typeof ANSWERS;
};

export type PassThroughOptions = {
  relay: PassThroughSettings;
  /** How many callbacks the endpoint gets at the same time. The others wait for their turn, within `timeout`. */
  connections: number;
  metrics: RelayMetrics;
  logger: Logger;
};

/** A callback as it came. */
export type PassedCallback = {
  query: string;
  body: Buffer;
  headers: IncomingHttpHeaders;
  remoteAddress: string | undefined;
};

/** Passes callbacks that Unfriend does not process on to the app's own endpoint, which answers them. */
export class PassThrough {
  readonly #options: PassThroughOptions;
  readonly #client: EndpointClient;
  readonly #summed: SummedLog;

  constructor(options: PassThroughOptions) {
    const { relay, connections } = options;
    const { url, ca } = relay;
    this.#options = options;
    this.#summed = new SummedLog(options.logger);
    this.#client = new EndpointClient({ url, ca, connections });
  }

  /** @returns the endpoint's answer, or what `RELAY_FAILURE` says. Never throws */
  async answer(callback: PassedCallback): Promise<Omit<Answered, 'verdict'>> {
    const { relay, metrics } = this.#options;
    const startedAt = performance.now();
    try {
      const answer = await withDeadline(relay.timeout, undefined, (signal) => this.#post(callback, signal));
      const result = resultOf(answer);
      if (result !== 'answered') this.#note(result, `HTTP ${answer.status}`);
      if (result === 'redirect') return { answer: ANSWERS[relay.failure] };
      if (result === 'answered') metrics.passedThrough.labels(result).inc();
      return { answer: asOwn(answer) };
    } catch (error) {
      const [result, reason] = describeError(error);
      this.#note(result, reason);
      return { answer: ANSWERS[relay.failure] };
    } finally {
      metrics.duration.observe((performance.now() - startedAt) / 1_000);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #post(
    { query, body, headers, remoteAddress }: PassedCallback,
    signal: AbortSignal,
  ): Promise<EndpointAnswer> {
    const request = { query, body, headers: endToEndHeaders(headers, remoteAddress), signal };
    try {
      return await this.#client.post(request);
    } catch (error) {
      // The endpoint closed a kept connection at the moment in which the callback was written to it. The vendor never
      // sends it again, so it is posted once more: an endpoint that had it already gets it twice.
      if (!isClosedConnection(error) || signal.aborted) throw error;
      return this.#client.post(request);
    }
  }

  #note(result: PassedThrough, reason: string): void {
    this.#options.metrics.passedThrough.labels(result).inc();
    const message =
      result === 'loop'
        ? 'RELAY_URL points at Unfriend itself: set it to the URL of the app’s own endpoint'
        : 'the endpoint gave no answer to a callback that was passed through';
    this.#summed.write({ level: 'error', message, kind: { result, reason, endpoint: this.#client.peer } });
  }
}

function resultOf(answer: EndpointAnswer): PassedThrough {
  if (isLoop(answer)) return 'loop';
  const { status } = answer;
  return status >= 300 && status < 400 ? 'redirect' : 'answered';
}

/** Status, content type and body, byte for byte. */
function asOwn({ status, headers, body }: EndpointAnswer): Answered['answer'] {
  const kept = ['content-type', 'content-encoding'].flatMap((name) => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return { status, headers: Object.fromEntries(kept), body };
}

function describeError(error: unknown): [PassedThrough, string] {
  if (error instanceof AnswerTooLargeError) return ['too-large', error.message];
  if (error instanceof Error && error.name === 'TimeoutError') return ['timeout', 'RELAY_TIMEOUT'];
  return ['unreachable', error instanceof Error ? codeOf(error) : 'unknown'];
}

function isClosedConnection(error: unknown): boolean {
  return error instanceof Error && ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error));
}
