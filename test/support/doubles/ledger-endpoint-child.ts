/** The process of ledger-endpoint.ts. It shares no code with Unfriend: it verifies by itself, as an app's own endpoint does. */
import { createHash } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import Koa, { type Context } from 'koa';
import { Webhook } from 'standardwebhooks';
import {
  type Arrival,
  type LedgerEndpointJob,
  type LedgerEndpointReport,
  MESSAGES_PATH,
  type MessageArrival,
} from './ledger-endpoint.ts';
import { ownAnswer } from './own-answer.ts';

const MAX_SKEW_SECONDS = 60;

const job = JSON.parse(process.argv[2] ?? '') as LedgerEndpointJob;
const ledger = job.ledger === undefined ? undefined : openSync(job.ledger, 'a');
const messages = job.messages && {
  ledger: openSync(job.messages.ledger, 'a'),
  verifier: new Webhook(job.messages.secret, { format: 'raw' }),
};
const report: LedgerEndpointReport = { open: 0 };
let hangs = false;

process.on('message', (order: { hangs?: boolean }) => {
  hangs = order.hangs ?? hangs;
  process.send?.(report);
});
process.on('disconnect', () => process.exit());

const app = new Koa();
app.silent = true;
app.use(async (ctx, next) => {
  if (!messages || ctx.path !== MESSAGES_PATH) return next();
  const { verifier } = messages;
  const body = (await readAll(ctx.req)).toString();
  const isSigned = verifies(() => verifier.verify(body, ctx.headers as Record<string, string>));
  const arrival = { at: Date.now(), id: ctx.get('webhook-id'), isSigned, message: JSON.parse(body) };
  writeSync(messages.ledger, `${JSON.stringify(arrival satisfies MessageArrival)}\n`);
  ctx.status = isSigned ? 204 : 401;
});
app.use(async (ctx) => {
  const query = new URLSearchParams(ctx.querystring);
  const body = await readAll(ctx.req);
  if (body.length === 0) {
    ctx.status = 200;
    return;
  }
  const arrival = describe(ctx, query, body);
  // The kernel keeps what was written when this process is killed.
  if (ledger !== undefined) writeSync(ledger, `${JSON.stringify(arrival)}\n`);
  if (!arrival.isSigned) {
    ctx.status = 401;
    return;
  }
  if (hangs && arrival.command !== 'Sns.CallbackFriendDelete') {
    hang(ctx);
    return;
  }
  if (job.answersAfter) await delay(job.answersAfter);
  ctx.type = 'application/json';
  ctx.body = ownAnswer(arrival.command, arrival.requestId);
});
app.listen(job.port, '127.0.0.1', () => process.send?.(report));

function describe(ctx: Context, query: URLSearchParams, body: Buffer): Arrival {
  const deliveryId = ctx.get('x-unfriend-delivery-id');
  return {
    at: Date.now(),
    requestId: query.get('RequestId') ?? '',
    command: query.get('CallbackCommand') ?? '',
    digest: createHash('sha256').update(body).digest('hex').slice(0, 32),
    isSigned: isSigned(query),
    ...(deliveryId !== '' && { deliveryId }),
  };
}

function isSigned(query: URLSearchParams): boolean {
  const [signature, ...moreSignatures] = query.getAll('Sign');
  const [requestTime = '', ...moreTimes] = query.getAll('RequestTime');
  if (moreSignatures.length + moreTimes.length > 0) return false;
  const expected = createHash('sha256').update(`${job.token}${requestTime}`).digest('hex');
  const skew = Math.abs(Date.now() / 1_000 - Number(requestTime));
  return signature === expected && skew <= MAX_SKEW_SECONDS;
}

function verifies(verify: () => unknown): boolean {
  try {
    verify();
    return true;
  } catch {
    return false;
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Until the peer gives up. */
function hang(ctx: Context): void {
  ctx.respond = false;
  report.open += 1;
  ctx.res.once('close', () => {
    report.open -= 1;
  });
}
