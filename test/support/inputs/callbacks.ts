import assert from 'node:assert/strict';
import { composeCallback, samplePairs } from '../../../src/callback/compose-request.ts';
import { type Callback, judge } from '../../../src/callback/judge.ts';
import type { Pair } from '../../../workflows/contract.ts';
import { FREE_PORTS } from '../servers/process.ts';
import { SDK_APP_ID } from '../stages/receiver.ts';

/** Posts a signed callback, for the app of {@link FREE_PORTS} unless it names another. */
export function postSigned(
  url: string,
  {
    requestId,
    pairs = samplePairs(),
    sdkAppId = FREE_PORTS.SDK_APP_ID ?? '',
  }: { requestId?: string; pairs?: Pair[]; sdkAppId?: string },
): Promise<Response> {
  const { query, body } = composeCallback({
    ...{ sdkAppId, token: FREE_PORTS.CALLBACK_TOKEN ?? '' },
    ...{ pairs, now: Date.now() },
    ...(requestId && { requestId }),
  });
  const target = new URL(url);
  target.search = query.toString();
  return fetch(target, { method: 'POST', body });
}

/** A valid callback, as the receiver's judge would have it. */
export function callbackOf({
  requestId,
  pairs = samplePairs(),
  receivedAt = Date.now(),
}: {
  requestId?: string;
  pairs?: Pair[];
  receivedAt?: number;
}): Callback {
  const { query, body } = composeCallback({
    ...{ sdkAppId: SDK_APP_ID, pairs, now: receivedAt },
    ...(requestId && { requestId }),
  });
  const settings = { sdkAppId: SDK_APP_ID, tokens: [], ignorePlatforms: [] };
  const verdict = judge({ query, body: Buffer.from(body) }, settings, receivedAt);
  assert.equal(verdict.kind, 'accept');
  return verdict.callback;
}
