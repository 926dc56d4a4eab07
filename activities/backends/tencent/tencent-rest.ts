import { randomInt } from 'node:crypto';
import { Agent, type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { BackendError } from '../backend.ts';
import { withDeadline } from '../net/deadline.ts';
import { networkFailure, readRetryAfter, statusFailure } from '../net/http-failures.ts';
import { judgeErrorCode } from './tencent-errors.ts';
import { UserSigs } from './user-sig.ts';

export type TencentAccess = {
  /** Such as `https://console.tim.qq.com`. */
  url: string;
  sdkAppId: string;
  admin: string;
  secretKey: string;
};

/** The vendor's answer. `errorCode` 0 is success. */
export type RestAnswer = {
  errorCode: number;
  /** All fields of the answer, unchecked. */
  fields: Record<string, unknown>;
  /** How far this machine's clock is ahead of the vendor's, in ms. Undefined: the answer has no date. */
  clockAhead: number | undefined;
};

/** Longer than the vendor's own timeout of 3 s. With a shorter one the result of a slow call would stay unknown. */
const TIMEOUT_MS = 5_000;

const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 64;
const RANDOM_BELOW = 2 ** 32;

const ANSWER = z.looseObject({ ErrorCode: z.int() });

/** Tencent Chat's REST API, called as the app's administrator. */
export class TencentRest {
  /** The name of the vendor in error messages. */
  readonly peer: string;
  readonly #access: TencentAccess;
  readonly #userSigs: UserSigs;
  readonly #agent = new Agent({
    connections: MAX_CONNECTIONS,
    maxResponseSize: MAX_ANSWER_BYTES,
    connect: { timeout: TIMEOUT_MS },
  });

  constructor(access: TencentAccess) {
    this.#access = access;
    this.#userSigs = new UserSigs(access);
    this.peer = `Tencent Chat at ${new URL(access.url).host}`;
  }

  /**
   * Calls a command such as `v4/openim/sendmsg`, which may have a query string. Calls it a second time if a new UserSig can
   * help.
   *
   * @throws BackendError when the REST API does not answer
   */
  async call(command: string, body: string, signal: AbortSignal): Promise<RestAnswer> {
    const userSig = this.#userSigs.get();
    const answer = await this.#post(command, { body, userSig, signal });
    if (!judgeErrorCode(answer.errorCode).renew) return answer;
    this.#userSigs.drop(userSig);
    return this.#post(command, { body, userSig: this.#userSigs.get(), signal });
  }

  async #post(
    command: string,
    { body, userSig, signal }: { body: string; userSig: string; signal: AbortSignal },
  ): Promise<RestAnswer> {
    try {
      const url = this.#urlOf(command, userSig);
      const headers = { 'content-type': 'application/json' };
      return await withDeadline(TIMEOUT_MS, signal, async (signal) =>
        this.#read(await request(url, { method: 'POST', headers, body, dispatcher: this.#agent, signal })),
      );
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof BackendError ? error : networkFailure(error, this.peer);
    }
  }

  #urlOf(command: string, userSig: string): URL {
    const { url, sdkAppId, admin } = this.#access;
    const full = new URL(command, url);
    const parameters = {
      sdkappid: sdkAppId,
      identifier: admin,
      usersig: userSig,
      random: String(randomInt(RANDOM_BELOW)),
      contenttype: 'json',
    };
    for (const [name, value] of Object.entries(parameters)) full.searchParams.set(name, value);
    return full;
  }

  async #read({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<RestAnswer> {
    const receivedAt = Date.now();
    const text = await body.text();
    if (statusCode !== 200) {
      throw statusFailure(statusCode, this.peer, readRetryAfter(headers['retry-after'], receivedAt));
    }
    const json = parseJson(text);
    const answer = ANSWER.safeParse(json);
    if (!answer.success) throw new BackendError('ServerError', `${this.peer} answered no ErrorCode`);
    const date = Date.parse(String(headers.date));
    return {
      errorCode: answer.data.ErrorCode,
      fields: answer.data,
      clockAhead: Number.isNaN(date) ? undefined : receivedAt - date,
    };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
