import { Pool } from 'undici';
import { composeCallback } from '../../../../src/callback/compose-request.ts';
import { atARate } from '../../../support/at-a-rate.ts';
import { SDK_APP_ID, TOKEN } from '../../app.ts';
import type { Callback } from '../callback.ts';

/** How many callbacks are on the way at once in a burst. */
const CONNECTIONS = 32;
/** Longer than the vendor waits, so that a slow answer is seen as slow. In ms. */
const PATIENCE_MS = 30_000;

/** When callbacks were sent and answered: ms since 1970, with fractions. */
export type Sent = Map<string, { sentAt: number; answeredAt: number }>;

/** Sends all as fast as they are answered. @throws when one is not answered with 200 */
export async function sendBurst(url: string, callbacks: readonly Callback[]): Promise<Sent> {
  return withPool(url, async (send) => {
    const queue = callbacks.values();
    const sender = async () => {
      for (const callback of queue) await send(callback);
    };
    await Promise.all(Array.from({ length: Math.min(CONNECTIONS, callbacks.length) }, sender));
  });
}

/** Sends so many per second, however late they are answered. */
export async function sendSteadily(url: string, callbacks: readonly Callback[], rate: number): Promise<Sent> {
  return withPool(url, async (send) => {
    await atARate({ rate, isDone: (sent) => sent === callbacks.length }, async (_dueAt, index) => {
      const callback = callbacks[index];
      if (callback) await send(callback);
    });
  });
}

async function withPool(
  url: string,
  act: (send: (callback: Callback) => Promise<void>) => Promise<void>,
): Promise<Sent> {
  const pool = new Pool(new URL(url).origin, { connections: CONNECTIONS, headersTimeout: PATIENCE_MS });
  const sent: Sent = new Map();
  try {
    await act(async (callback) => {
      const sentAt = now();
      await post(pool, callback);
      sent.set(callback.id, { sentAt, answeredAt: now() });
    });
  } finally {
    await pool.destroy();
  }
  return sent;
}

async function post(pool: Pool, { id, pairs }: Callback): Promise<void> {
  const { query, body } = composeCallback({
    sdkAppId: SDK_APP_ID,
    token: TOKEN,
    requestId: id,
    now: Date.now(),
    pairs,
  });
  const response = await pool.request({
    method: 'POST',
    path: `/?${query}`,
    headers: { 'content-type': 'application/json' },
    body,
  });
  const answer = await response.body.text();
  if (response.statusCode !== 200)
    throw new Error(`a callback was answered with ${response.statusCode}: ${answer}`);
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
