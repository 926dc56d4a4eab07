/** The vendor's answer: all three fields, always. Source: Tencent Cloud Chat, doc 1047/34354. */
export type AnswerBody = { ActionStatus: 'OK' | 'FAIL'; ErrorCode: 0 | 1; ErrorInfo: string };

export type Answer = { status: number; body: AnswerBody };

/** The endpoint's own answer, which goes back byte for byte. */
export type ForeignAnswer = { status: number; headers: Record<string, string>; body: Buffer };

export const OK: Answer = Object.freeze({
  status: 200,
  body: Object.freeze({ ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' }),
});

/** The answer of `RELAY_FAILURE=fail`. For a "before" command it forbids what the user is about to do. */
export const FAILED: Answer = Object.freeze({
  status: 200,
  body: Object.freeze({ ActionStatus: 'FAIL', ErrorCode: 1, ErrorInfo: 'the endpoint gave no answer' }),
});

/** The vendor treats this as no answer. Then the policy that is set in its console decides. */
export const NO_ANSWER: ForeignAnswer = { status: 504, headers: {}, body: Buffer.alloc(0) };

/** Why a callback is not acknowledged: one row per reason. */
export const REFUSALS = {
  'not-allowed': { status: 403, info: 'address not allowed' },
  'unknown-path': { status: 404, info: 'unknown path' },
  'wrong-method': { status: 405, info: 'method must be POST' },
  'malformed-http': { status: 400, info: 'malformed HTTP request' },
  'relay-loop': { status: 508, info: 'relay loop: RELAY_URL points at Unfriend itself' },
  aborted: { status: 400, info: 'body: incomplete' },
  'too-large': { status: 413, info: 'body too large' },
  'repeated-parameter': { status: 400, info: 'repeated query parameter' },
  'missing-app': { status: 400, info: 'SdkAppid: missing in the query' },
  'wrong-app': { status: 403, info: 'SdkAppid: not the app served here' },
  unauthorized: { status: 401, info: 'unauthorized' },
  'not-json': { status: 400, info: 'body: not JSON' },
  'command-mismatch': { status: 400, info: 'CallbackCommand: query and body disagree' },
  'broken-schema': { status: 400, info: 'body: not a friend-delete callback' },
  unavailable: { status: 503, info: 'not accepted: it could be kept nowhere' },
} as const satisfies Record<string, { status: number; info: string }>;

export type Refusal = keyof typeof REFUSALS;

/** @param info says what is wrong and where. Absent: the general text of the reason is used */
export function fail(reason: Refusal, info?: string): Answer {
  const refusal = REFUSALS[reason];
  return {
    status: refusal.status,
    body: { ActionStatus: 'FAIL', ErrorCode: 1, ErrorInfo: info ?? refusal.info },
  };
}
