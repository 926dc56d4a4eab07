import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { sign } from '../../../src/callback/signature.ts';
import type { Instructions } from '../doubles/app-endpoint.ts';
import { FREE_PORTS } from '../servers/process.ts';

export type HttpAnswer = { status: number; headers: Record<string, unknown>; body: Buffer };

/** A signed callback of any command, for the app of {@link FREE_PORTS}. */
export type CommandToPost = {
  command: string;
  /** More fields of the body. */
  fields?: Record<string, unknown>;
  /** What the endpoint shall do with it. */
  endpoint?: Instructions;
  /** The bytes of the body, instead of the above. */
  body?: Buffer | string;
  /** More parameters, in any encoding. */
  query?: string;
  requestId?: string;
  headers?: OutgoingHttpHeaders;
  token?: string;
};

/** `Sign=…&RequestTime=…` of now. */
export function signedNow(token = FREE_PORTS.CALLBACK_TOKEN ?? ''): string {
  const requestTime = String(Math.floor(Date.now() / 1_000));
  return `Sign=${sign(token, requestTime)}&RequestTime=${requestTime}`;
}

export function composeCommand({ command, fields, endpoint, body, query, requestId, token }: CommandToPost) {
  const parts = [
    `SdkAppid=${FREE_PORTS.SDK_APP_ID}`,
    `CallbackCommand=${command}`,
    'contenttype=json',
    requestId === undefined ? '' : `RequestId=${requestId}`,
    query ?? '',
    signedNow(token),
  ];
  const json = { CallbackCommand: command, ...fields, ...(endpoint && { Endpoint: endpoint }) };
  return {
    query: parts.filter((part) => part !== '').join('&'),
    body: Buffer.from(body ?? JSON.stringify(json)),
  };
}

/** Posts it byte for byte: `fetch` would write the query string in an encoding of its own. */
export async function postCommand(url: string, callback: CommandToPost): Promise<HttpAnswer> {
  const { query, body } = composeCommand(callback);
  return post(`${url}?${query}`, body, callback.headers);
}

export async function post(
  target: string,
  body: Buffer,
  headers: OutgoingHttpHeaders = { 'content-type': 'application/json' },
): Promise<HttpAnswer> {
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]+)\/?(.*)$/.exec(target) ?? [];
  const agent = new Agent();
  const sent = request(origin, { method: 'POST', path: `/${path}`, headers, agent });
  const answered = new Promise<HttpAnswer>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', async (response) => {
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, headers, body: await buffer(response) });
    });
  });
  sent.end(body);
  return answered.finally(() => agent.destroy());
}
