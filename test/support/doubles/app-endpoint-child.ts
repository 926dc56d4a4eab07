/**
 * Run as a process of its own, `app-endpoint-child FOLDER PORT`: the callback URL of an app, written as such backends
 * are. See app-endpoint.ts.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Koa, { type Context, type Next } from 'koa';
import {
  type EndpointSettings,
  type Instructions,
  RECORD_FILE,
  SETTINGS_FILE,
  type Taken,
} from './app-endpoint.ts';

const [folder = '', port = '0'] = process.argv.slice(2);
const record = join(folder, RECORD_FILE);
const settings = JSON.parse(readFileSync(join(folder, SETTINGS_FILE), 'utf8')) as EndpointSettings;
const OK = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' };

/** Connections that are closed as soon as another request comes over them. */
const doomed = new WeakSet<Socket>();

/** How often each delivery came. */
const tries = new Map<string, number>();

const app = new Koa();
app.use(closeDoomed);
app.use(verifySignature);
app.use(answerCallback);

const { tls } = settings;
const server: Server = tls ? createTlsServer(tls, app.callback()) : createServer(app.callback());
server.listen(Number(port), '127.0.0.1', () =>
  process.send?.({ port: (server.address() as AddressInfo).port }),
);
// It ends with the test.
process.on('disconnect', () => process.exit());

async function closeDoomed(ctx: Context, next: Next): Promise<void> {
  if (!doomed.has(ctx.req.socket)) return next();
  ctx.respond = false;
  ctx.req.socket.destroy();
}

/** As the vendor demands it. Source: Tencent Cloud Chat, doc 269/32431. */
async function verifySignature(ctx: Context, next: Next): Promise<void> {
  const target = ctx.req.url ?? '';
  const query = new URLSearchParams(target.slice(target.indexOf('?') + 1));
  const [signature, requestTime] = [query.get('Sign'), query.get('RequestTime')];
  const body = Buffer.concat(await ctx.req.toArray());
  const right = createHash('sha256').update(`${settings.token}${requestTime}`).digest('hex');
  const isSigned = signature === right && Math.abs(Date.now() / 1_000 - Number(requestTime)) <= 60;
  const taken: Taken = {
    at: Date.now(),
    target,
    rawHeaders: ctx.req.rawHeaders,
    body: body.toString('base64'),
    isSigned,
  };
  // Before the answer, so that a kill -9 of this process loses none that it has answered.
  appendFileSync(record, `${JSON.stringify(taken)}\n`);
  if (!isSigned) {
    ctx.status = 401;
    ctx.body = { ActionStatus: 'FAIL', ErrorCode: 1, ErrorInfo: 'unauthorized' };
    return;
  }
  ctx.state.bytes = body;
  return next();
}

async function answerCallback(ctx: Context): Promise<void> {
  const callback = readJson(ctx.state.bytes as Buffer);
  const instructions = callback.Endpoint ?? {};
  const id = ctx.get('x-unfriend-delivery-id');
  const count = (tries.get(id) ?? 0) + 1;
  tries.set(id, count);
  ctx.body = decide(callback);
  if (count <= (instructions.tries ?? Number.POSITIVE_INFINITY)) await follow(instructions, ctx);
}

/** A few of the rules that such an app has for what its users are about to do. */
function decide({ CallbackCommand: command, From_Account: from, MsgBody: message }: Received): object {
  if (command === 'C2C.CallbackBeforeSendMsg' && JSON.stringify(message ?? '').includes('forbidden'))
    return { ActionStatus: 'OK', ErrorCode: 120_001, ErrorInfo: '这条消息不行', MsgBody: message };
  if (command === 'Sns.CallbackPrevFriendAdd')
    return {
      ...OK,
      ResultItem: [{ To_Account: 'id1', ResultCode: 38_000, ResultInfo: `${from} is too new` }],
    };
  return OK;
}

async function follow(instructions: Instructions, ctx: Context): Promise<void> {
  const { wait, status, headers, text, bytes, errorCode, hangUp, closeNext } = instructions;
  if (wait !== undefined) await delay(wait);
  if (status !== undefined) ctx.status = status;
  if (text !== undefined) ctx.body = Buffer.from(text);
  if (bytes !== undefined) ctx.body = Buffer.from(JSON.stringify(OK).padEnd(bytes));
  if (errorCode !== undefined)
    ctx.body = { ActionStatus: 'FAIL', ErrorCode: errorCode, ErrorInfo: 'not now' };
  if (headers) ctx.set(headers);
  if (closeNext) doomed.add(ctx.req.socket);
  if (!hangUp) return;
  ctx.respond = false;
  ctx.req.socket.destroy();
}

type Received = {
  CallbackCommand?: string;
  From_Account?: string;
  MsgBody?: unknown;
  Endpoint?: Instructions;
};

function readJson(bytes: Buffer): Received {
  try {
    return JSON.parse(bytes.toString()) as Received;
  } catch {
    return {};
  }
}
