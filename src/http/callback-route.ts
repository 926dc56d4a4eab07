import type { Context } from 'koa';
import type { RelayedCallback } from '../../workflows/contract.ts';
import { OK } from '../callback/answer.ts';
import {
  type JudgeSettings,
  judgeBody,
  judgeFirstByte,
  judgeQuery,
  type Verdict,
} from '../callback/judge.ts';
import { composeRelayed } from '../callback/relayed-callback.ts';
import { inTime } from '../in-time.ts';
import type { Intake } from '../intake/intake.ts';
import type { RawCallback } from '../journal/record.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { SummedLog } from '../telemetry/summed-log.ts';
import type { TraceParent } from '../telemetry/tracing.ts';
import { type Answered, refused, respond } from './answers.ts';
import { readBody } from './body.ts';
import type { Connections } from './connections.ts';
import type { PassThrough } from './pass-through.ts';
import { Room } from './room.ts';

/** So many bodies of size `maxBody` are read and answered at the same time. The others wait for their turn. */
const BODIES_AT_ONCE = 32;

/** How long it may take to put a refused callback into the quarantine, in ms. The sender waits for 2 s. */
const MAX_KEEP_MS = 1_000;

export type CallbackRouteOptions = {
  judge: JudgeSettings;
  /** Bytes. */
  maxBody: number;
  intake: Intake;
  connections: Pick<Connections, 'noteSigned'>;
  /** Absent: no endpoint stands behind the receiver. */
  passThrough?: PassThrough | undefined;
  metrics: Metrics;
  summed: SummedLog;
};

/** Reads, judges, makes durable and answers a callback. The costly steps come last. */
export function callbackRoute(options: CallbackRouteOptions) {
  const room = new Room(BODIES_AT_ONCE * options.maxBody);
  return async (ctx: Context): Promise<void> => respond(ctx, await answerCallback(ctx, options, room));
}

async function answerCallback(ctx: Context, options: CallbackRouteOptions, room: Room): Promise<Answered> {
  const query = new URLSearchParams(queryStringOf(ctx));
  const now = Date.now();
  const refusal = judgeQuery(query, options.judge, now);
  if (refusal) return refused(refusal.reason, refusal.info);

  const anyBodyIs = judgeFirstByte(query);
  if (!anyBodyIs) options.connections.noteSigned(ctx.req.socket);
  const body = await readBody(ctx.req, { limit: anyBodyIs ? 0 : options.maxBody, room });
  if (typeof body === 'string') return refused(body === 'too-large' && anyBodyIs ? anyBodyIs.reason : body);
  try {
    const { bytes } = body;
    const verdict = judgeBody({ query, body: bytes }, options.judge, now);
    const trace = ctx.state.trace as TraceParent | undefined;
    const request = { ctx, query, body: bytes, receivedAt: now, ...(trace && { trace }) };
    return await act(verdict, request, options);
  } finally {
    body.release();
  }
}

/** The query string byte for byte, for the endpoint. Koa's own reading encodes some characters differently. */
function queryStringOf({ req: { url = '' } }: Context): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

type ReadRequest = {
  ctx: Context;
  query: URLSearchParams;
  body: Buffer;
  receivedAt: number;
  trace?: TraceParent;
};

async function act(verdict: Verdict, request: ReadRequest, options: CallbackRouteOptions): Promise<Answered> {
  const { intake } = options;
  switch (verdict.kind) {
    case 'refuse':
      if (verdict.isOurs) await keepRefused(rawCallback(request), verdict.info ?? verdict.reason, options);
      return refused(verdict.reason, verdict.info);
    case 'ignore':
      return { answer: OK, verdict: verdict.reason, ...(verdict.command && { command: verdict.command }) };
    case 'pass-through':
      return {
        verdict: 'passed-through',
        command: verdict.command,
        ...(await passThrough(request, options)),
      };
    case 'accept': {
      const { trace } = request;
      const { command, pairs, isRelayed } = verdict.callback;
      const callback = trace ? { ...verdict.callback, trace } : verdict.callback;
      const { deliveryId, duplicate } = await intake.accept(
        isRelayed ? { ...callback, relayed: await relayedPart(request) } : callback,
      );
      const known = duplicate ? 'duplicate' : 'accepted';
      return { answer: OK, verdict: known, command, deliveryId, pairs: pairs.length };
    }
  }
}

function relayedPart({ ctx, body }: ReadRequest): Promise<RelayedCallback> {
  const contentType = ctx.get('content-type') || undefined;
  return composeRelayed({ query: queryStringOf(ctx), contentType, body });
}

function passThrough({ ctx, body }: ReadRequest, options: CallbackRouteOptions) {
  if (!options.passThrough) throw new TypeError('a callback is passed through only where RELAY_URL is set');
  const { headers, socket } = ctx.req;
  const { remoteAddress } = socket;
  return options.passThrough.answer({ query: queryStringOf(ctx), body, headers, remoteAddress });
}

/** The answer does not wait for a disk that hangs. The callback may still get into the quarantine later. */
async function keepRefused(
  raw: RawCallback,
  reason: string,
  { intake, metrics, summed }: CallbackRouteOptions,
): Promise<void> {
  try {
    await inTime(intake.keepRefused(raw, reason), MAX_KEEP_MS, `not within ${MAX_KEEP_MS} ms`);
  } catch (error) {
    metrics.journal.notQuarantined.inc();
    const message = 'a callback could not be kept in the quarantine';
    summed.write({ level: 'error', message, fields: { reason: String(error) } });
  }
}

/** Keeps only the parameters that identify the callback. The signature is never stored. */
function rawCallback({ query, body, receivedAt }: ReadRequest): RawCallback {
  const kept: Record<string, string> = {};
  for (const [name, value] of query) {
    // If a parameter is repeated, the first value that is not empty counts, as for the judge.
    if (value !== '' && /^(CallbackCommand|OptPlatform|RequestId)$/i.test(name)) kept[name] ??= value;
  }
  return { receivedAt, query: kept, body: body.toString('base64') };
}
