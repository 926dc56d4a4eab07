import { randomUUID } from 'node:crypto';
import { composeCallback, samplePairs } from '../../../src/callback/compose-request.ts';
import { SDK_APP_ID, TOKEN } from '../app.ts';

/** Digits at the end of a RequestId that are counted up. */
export const COUNTER_DIGITS = 12;

/** The vendor's sample, signed now. */
export function composeOnce(): { requestId: string; query: string; body: string } {
  const requestId = randomUUID();
  const { query, body } = composeCallback({
    sdkAppId: SDK_APP_ID,
    token: TOKEN,
    pairs: samplePairs(),
    requestId,
    now: Date.now(),
  });
  return { requestId, query: query.toString(), body };
}

/** The same callback again and again, each time with a RequestId that no other request of this run has. */
export function freshCallbacks(): { body: string; nextQuery: () => string } {
  const { requestId, query, body } = composeOnce();
  const prefix = requestId.slice(0, -COUNTER_DIGITS);
  let count = 0;
  const nextQuery = () => {
    count += 1;
    return query.replace(requestId, prefix + String(count).padStart(COUNTER_DIGITS, '0'));
  };
  return { body, nextQuery };
}
