import { composeCallback, samplePairs } from '../../src/callback/compose-request.ts';
import type { Pair } from '../../workflows/contract.ts';
import { FREE_PORTS } from './process.ts';

/** Posts a signed callback for the app of {@link FREE_PORTS}. */
export function postSigned(
  url: string,
  { requestId, pairs = samplePairs() }: { requestId?: string; pairs?: Pair[] },
): Promise<Response> {
  const { query, body } = composeCallback({
    ...{ sdkAppId: FREE_PORTS.SDK_APP_ID ?? '', token: FREE_PORTS.CALLBACK_TOKEN ?? '' },
    ...{ pairs, now: Date.now() },
    ...(requestId && { requestId }),
  });
  const target = new URL(url);
  target.search = query.toString();
  return fetch(target, { method: 'POST', body });
}
