import { createHash, timingSafeEqual } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import type { Context, Middleware, Next } from 'koa';
import { z } from 'zod';
import { DecryptionError } from '../encryption/key-ring.ts';
import { EncryptingCodec } from '../encryption/payload-codec.ts';
import type { PayloadKey } from '../encryption/payload-keys.ts';
import { readBody } from './body.ts';
import { Room } from './room.ts';

export type CodecServerOptions = {
  keys: readonly PayloadKey[];
  /** Pages of these origins may call it: those of the Temporal UI. */
  origins: readonly string[];
  /** Undefined: whoever reaches the port may call it. */
  token: string | undefined;
};

/** The protocol demands that only the last part counts. The Temporal UI can put its namespace before it. */
const PATH = /^\/codec\/(?:[^/]+\/)?(encode|decode)$/;

/** A page of a history has at most 4 MB, which base64 makes a third larger. */
const MAX_BODY = 8 * 1024 * 1024;

/** What all bodies that are read at the same time may take. */
const MAX_BODIES = 4 * MAX_BODY;

/** For how long a browser need not ask again what it may send, in seconds. */
const PREFLIGHT_AGE = '7200';

/** Payloads in the JSON form of protobuf: bytes are base64, and what is empty may be absent. */
const Base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const Body = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), Base64).default({}), data: Base64.optional() }))
    .default([]),
});

/**
 * Shows the Temporal UI and CLI what is encrypted: they post payloads here, and get them decrypted. It is Temporal's own
 * protocol. No payload ever reaches a log.
 * https://docs.temporal.io/codec-server
 */
export function codecServer({ keys, origins, token }: CodecServerOptions): Middleware {
  const codec = new EncryptingCodec(keys);
  const room = new Room(MAX_BODIES);
  return async (ctx: Context, next: Next): Promise<void> => {
    const [, action] = PATH.exec(ctx.path) ?? [];
    if (!action) return next();
    ctx.set({ 'Cache-Control': 'no-store', Vary: 'Origin' });
    if (!allowOrigin(ctx, origins))
      return refuse(ctx, 403, 'CODEC_ORIGIN does not name the origin of this page');
    if (ctx.method === 'OPTIONS') return answerPreflight(ctx);
    if (!isPost(ctx) || !isAuthorized(ctx, token)) return;
    const body = await readBody(ctx.req, { limit: MAX_BODY, room });
    if (body === 'too-large') return refuse(ctx, 413, `expected at most ${MAX_BODY} bytes`);
    if (typeof body === 'string') return refuse(ctx, 503, 'the body did not arrive in time: try again');
    try {
      await answer(ctx, body.bytes, (payloads) => codec[action as 'encode' | 'decode'](payloads));
    } finally {
      body.release();
    }
  };
}

function isPost(ctx: Context): boolean {
  if (ctx.method === 'POST') return true;
  ctx.set('Allow', 'POST, OPTIONS');
  refuse(ctx, 405, 'expected POST');
  return false;
}

function isAuthorized(ctx: Context, token: string | undefined): boolean {
  if (token === undefined || hasToken(ctx.get('Authorization'), token)) return true;
  // The challenge makes a browser ask a person for the token, as a password.
  ctx.set('WWW-Authenticate', 'Basic realm="Unfriend codec server: CODEC_TOKEN as the password"');
  refuse(ctx, 401, 'expected the header Authorization: Bearer <CODEC_TOKEN>');
  return false;
}

async function answer(
  ctx: Context,
  bytes: Buffer,
  convert: (payloads: Payload[]) => Promise<Payload[]>,
): Promise<void> {
  const body = Body.safeParse(parse(bytes));
  if (!body.success) return refuse(ctx, 400, describe(body.error));
  try {
    const payloads = await convert(body.data.payloads as Payload[]);
    ctx.body = { payloads: payloads.map(toJson) };
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error;
    refuse(ctx, 400, error.message);
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** Says where, and never what stands there. */
function describe({ issues }: z.ZodError): string {
  const where = issues[0]?.path.join('.');
  return `${where ? `${where}: ` : ''}expected {"payloads": [{"metadata": {"<name>": "<base64>"}, "data": "<base64>"}]}`;
}

function toJson({ metadata, data }: Payload) {
  const encoded = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, toBase64(bytes)]);
  return { metadata: Object.fromEntries(encoded), data: toBase64(data ?? new Uint8Array(0)) };
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Programs send no origin. A page of another origin is refused, even if its browser knows the token. */
function allowOrigin(ctx: Context, origins: readonly string[]): boolean {
  const origin = ctx.get('Origin');
  if (origin === '') return true;
  if (!origins.includes(origin)) return false;
  ctx.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' });
  return true;
}

/** A browser sends it without the token. */
function answerPreflight(ctx: Context): void {
  ctx.set({
    'Access-Control-Allow-Methods': 'POST',
    'Access-Control-Allow-Headers': 'authorization, content-type, x-namespace',
    'Access-Control-Max-Age': PREFLIGHT_AGE,
  });
  ctx.status = 204;
}

/** As a bearer token, or as the password that a browser was given by a person. */
function hasToken(authorization: string, token: string): boolean {
  const [, scheme = '', credentials = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return isSame(credentials, token);
  const [, password = ''] = /:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  return isSame(password, token);
}

/** The time that it takes says nothing about the token. */
function isSame(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refuse(ctx: Context, status: number, error: string): void {
  ctx.status = status;
  ctx.body = { error };
}
