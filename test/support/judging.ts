import { type Answer, fail, OK } from '../../src/callback/answer.ts';
import { composeCallback } from '../../src/callback/compose-request.ts';
import { type Callback, type JudgeSettings, judge, type Verdict } from '../../src/callback/judge.ts';
import { FRIEND_DELETE } from '../../src/callback/schema.ts';

export const APP = '1400000000';
export const TOKEN = 'a-token-for-tests';
/** 2024-08-20T17:11:03.500Z */
export const NOW = 1_724_173_863_500;

/** What is different from a valid, signed callback of one pair, `alice → bob`. */
export type Change = {
  /** Null removes a parameter, several values repeat it. */
  query?: Record<string, string | null | string[]>;
  /** An object is sent as JSON, a string or bytes as they are. */
  body?: unknown;
  settings?: Partial<JudgeSettings>;
  now?: number;
};

export function judged({
  query = {},
  body = friendDelete(['alice', 'bob']),
  settings,
  now = NOW,
}: Change = {}) {
  const signed = composeCallback({
    sdkAppId: APP,
    pairs: [],
    token: TOKEN,
    now: NOW,
    requestId: 'request-1',
  });
  for (const [name, value] of Object.entries(query)) {
    signed.query.delete(name);
    for (const each of [value ?? []].flat()) signed.query.append(name, each);
  }
  const complete = { sdkAppId: APP, tokens: [TOKEN], ignorePlatforms: [], ...settings };
  return judge({ query: signed.query, body: toBytes(body) }, complete, now);
}

/** The body of a friend-delete callback. */
export function friendDelete(...pairs: [from: unknown, to: unknown][]) {
  return {
    CallbackCommand: FRIEND_DELETE,
    PairList: pairs.map(([from, to]) => ({ From_Account: from, To_Account: to })),
  };
}

/** What the sender is told. */
export function answerTo(verdict: Verdict): Answer {
  return verdict.kind === 'refuse' ? fail(verdict.reason, verdict.info) : OK;
}

/** Short, for comparisons: `200`, `403 SdkAppid: not the app served here`. */
export function brief(verdict: Verdict): string {
  const { status, body } = answerTo(verdict);
  return body.ErrorInfo === '' ? String(status) : `${status} ${body.ErrorInfo}`;
}

export function accepted(verdict: Verdict): Callback {
  if (verdict.kind !== 'accept')
    throw new Error(`expected a callback that is accepted, got ${brief(verdict)}`);
  return verdict.callback;
}

export function toBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
