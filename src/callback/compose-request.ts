import type { Pair } from '../../workflows/contract.ts';
import { FRIEND_DELETE } from './schema.ts';
import { sign } from './signature.ts';

/** A callback as Tencent Chat would send it: for the demo, `send`, and tests. */
export type ComposedCallback = { query: URLSearchParams; body: string };

export function composeCallback(callback: {
  sdkAppId: string;
  pairs: readonly Pair[];
  requestId?: string;
  token?: string;
  /** Milliseconds since the epoch. */
  now: number;
}): ComposedCallback {
  const { sdkAppId, pairs, requestId, token, now } = callback;
  const query = new URLSearchParams({
    SdkAppid: sdkAppId,
    CallbackCommand: FRIEND_DELETE,
    contenttype: 'json',
    ClientIP: '127.0.0.1',
    OptPlatform: 'Unknown',
  });
  if (requestId !== undefined) query.set('RequestId', requestId);
  if (token !== undefined) {
    const requestTime = String(Math.floor(now / 1000));
    query.set('Sign', sign(token, requestTime));
    query.set('RequestTime', requestTime);
  }
  const body = {
    CallbackCommand: FRIEND_DELETE,
    PairList: pairs.map(({ from, to }) => ({ From_Account: from, To_Account: to })),
  };
  return { query, body: JSON.stringify(body) };
}

/** The pairs of the vendor's sample, `id → id1`, `id → id2`, `id → id3`, made longer or shorter to `count`. */
export function samplePairs(count = 3): Pair[] {
  return Array.from({ length: count }, (_, index) => ({ from: 'id', to: `id${index + 1}` }));
}
