import type { Context } from 'koa';
import getRawBody from 'raw-body';
import { OK } from '../callback/answer.ts';
import { type JudgeSettings, judgeBody, judgeQuery, type Verdict } from '../callback/judge.ts';
import type { Intake } from '../intake/intake.ts';
import type { RawCallback } from '../journal/record.ts';
import type { TraceParent } from '../telemetry/tracing.ts';
import { type Answered, refused, respond } from './answers.ts';

export type CallbackRouteOptions = {
  judge: JudgeSettings;
  /** Bytes. */
  maxBody: number;
  intake: Intake;
};

/** Reads, judges, makes durable, answers: in this order, the costly steps last. */
export function callbackRoute(options: CallbackRouteOptions) {
  return async (ctx: Context): Promise<void> => respond(ctx, await answerCallback(ctx, options));
}

async function answerCallback(ctx: Context, options: CallbackRouteOptions): Promise<Answered> {
  const query = new URLSearchParams(ctx.querystring);
  const now = Date.now();
  const refusal = judgeQuery(query, options.judge, now);
  if (refusal) return refused(refusal.reason, refusal.info);

  const body = await readBody(ctx, options.maxBody);
  if (typeof body === 'string') return refused(body);
  const verdict = judgeBody({ query, body }, options.judge, now);
  const trace = ctx.state.trace as TraceParent | undefined;
  return act(verdict, { query, body, receivedAt: now, ...(trace && { trace }) }, options.intake);
}

type ReadRequest = { query: URLSearchParams; body: Buffer; receivedAt: number; trace?: TraceParent };

async function act(verdict: Verdict, request: ReadRequest, intake: Intake): Promise<Answered> {
  switch (verdict.kind) {
    case 'refuse':
      if (verdict.isOurs) await intake.keepRefused(rawCallback(request), verdict.info ?? verdict.reason);
      return refused(verdict.reason, verdict.info);
    case 'ignore':
      return { answer: OK, verdict: verdict.reason };
    case 'accept': {
      const { trace } = request;
      const callback = trace ? { ...verdict.callback, trace } : verdict.callback;
      const { deliveryId, duplicate } = await intake.accept(callback);
      const pairs = verdict.callback.pairs.length;
      return { answer: OK, verdict: duplicate ? 'duplicate' : 'accepted', deliveryId, pairs };
    }
  }
}

/** Of the query only what says what the callback is; the signature stays out of every store. */
function rawCallback({ query, body, receivedAt }: ReadRequest): RawCallback {
  const kept: Record<string, string> = {};
  for (const [name, value] of query) {
    // Of those repeated the first that is not empty, as the judge reads them.
    if (value !== '' && /^(CallbackCommand|OptPlatform|RequestId)$/i.test(name)) kept[name] ??= value;
  }
  return { receivedAt, query: kept, body: body.toString('base64') };
}

/** The body, or why it could not be had. */
async function readBody(ctx: Context, limit: number): Promise<Buffer | 'too-large' | 'aborted'> {
  try {
    return await getRawBody(ctx.req, { limit, length: ctx.get('content-length') || null });
  } catch (error) {
    if (!(error instanceof Error && 'type' in error)) throw error;
    if (error.type === 'entity.too.large') return 'too-large';
    // Nobody is left to read the answer; it is only counted.
    if (error.type === 'request.aborted' || error.type === 'request.size.invalid') return 'aborted';
    throw error;
  }
}
