import { isDeepStrictEqual } from 'node:util';
import { composeCallback, samplePairs } from '../../src/callback/compose-request.ts';
import { OK, SDK_APP_ID, TOKEN } from './app.ts';

/** Checks that a contender acknowledges a callback in the vendor's words, before it is measured. */
export async function probe(url: string): Promise<void> {
  const { status, body } = await send(url, TOKEN);
  if (status !== 200 || !isDeepStrictEqual(body, OK)) {
    throw new Error(`answered ${status} ${JSON.stringify(body)} to a valid callback`);
  }
}

/** Checks that it verifies what it acknowledges. */
export async function probeForged(url: string): Promise<void> {
  const { status } = await send(url, 'another-token');
  if (status !== 401) throw new Error(`answered ${status} to a forged callback`);
}

async function send(url: string, token: string): Promise<{ status: number; body: unknown }> {
  const callback = { sdkAppId: SDK_APP_ID, pairs: samplePairs(), now: Date.now() };
  const { query, body } = composeCallback({ ...callback, token, requestId: crypto.randomUUID() });
  const target = new URL(url);
  target.search = query.toString();
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(target, { method: 'POST', headers, body });
  return { status: response.status, body: await response.json() };
}
