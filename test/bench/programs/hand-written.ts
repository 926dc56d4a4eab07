import { createHash, timingSafeEqual } from 'node:crypto';
import { bodyParser } from '@koa/bodyparser';
import Koa, { type Context, type Next } from 'koa';
import { z } from 'zod';
import { OK, TOKEN } from '../app.ts';

/** A callback that was verified and validated, as a receiver without Unfriend would have it. */
export type ValidCallback = { requestId: string; body: z.output<typeof friendDelete> };

const account = z.string().regex(/^[\x20-\x7e]{1,32}$/);
const friendDelete = z.object({
  CallbackCommand: z.literal('Sns.CallbackFriendDelete'),
  PairList: z.array(z.object({ From_Account: account, To_Account: account })).min(1),
});

/**
 * The receiver that people write by hand: signature, body parser, schema, and then whatever `keep` does before
 * the answer. No metrics, no logs, no duplicates, no drain.
 *
 * @param kept how many callbacks are kept so far, for `GET /kept`: the benchmark checks it against the answers
 */
export function handWrittenReceiver(
  keep: (callback: ValidCallback) => Promise<unknown> | undefined,
  kept?: () => Promise<number>,
): Koa {
  const app = new Koa();
  app.use(async (ctx: Context, next: Next) => {
    if (ctx.path !== '/kept' || !kept) return next();
    ctx.body = { kept: await kept() };
  });
  app.use(verifySignature);
  app.use(bodyParser({ enableTypes: ['json'] }));
  app.use(async (ctx: Context) => {
    const parsed = friendDelete.safeParse(ctx.request.body);
    if (!parsed.success) return refuse(ctx, 400);
    await keep({ requestId: String(ctx.query.RequestId), body: parsed.data });
    ctx.body = OK;
  });
  return app;
}

function verifySignature(ctx: Context, next: Next): Promise<void> | void {
  const { Sign, RequestTime } = ctx.query;
  const expected = createHash('sha256').update(`${TOKEN}${RequestTime}`).digest();
  const given = Buffer.from(String(Sign), 'hex');
  const right = given.length === expected.length && timingSafeEqual(given, expected);
  const recent = Math.abs(Date.now() / 1000 - Number(RequestTime)) <= 60;
  return right && recent ? next() : refuse(ctx, 401);
}

function refuse(ctx: Context, status: number): void {
  ctx.status = status;
  ctx.body = { ActionStatus: 'FAIL', ErrorCode: 1, ErrorInfo: 'refused' };
}

/** Listens on the loopback port that the benchmark chose. */
export function listen(app: Koa): void {
  app.listen(Number(process.env.PORT), '127.0.0.1');
}
