import { firstDeliveryId } from '../../../src/callback/delivery-id.ts';
import type { Callback } from '../../../src/callback/judge.ts';
import type { Pair } from '../../../workflows/contract.ts';
import { callbackOf } from './callbacks.ts';

/** All of one time: without a RequestId they are within any window. */
const AT = 1_700_000_000_000;

/** One of a few bodies, under a RequestId or none. */
export type Named = { requestId: string | undefined; body: number };

/** What tells callbacks apart, worked out by nothing that is tested. */
export function identityOf({ requestId, body }: Named): string {
  return `${requestId ?? '(none)'} with body ${body}`;
}

/**
 * Callbacks whose ids get into each other's way: RequestIds that look like the ids made from another RequestId, from
 * its hash, or from a body.
 *
 * @param set other sets have other RequestIds and bodies
 */
export function collidingCallbacks(set: string) {
  const pairs = (body: number): Pair[] => [{ from: set, to: `body-${body}` }];
  const callback = ({ requestId, body }: Named): Callback =>
    callbackOf({ pairs: pairs(body), receivedAt: AT, ...(requestId !== undefined && { requestId }) });
  const bodies = [1, 2, 3];
  const plain = `r-${set}`;
  const odd = `r ${set}`;
  const hashed = firstDeliveryId(callback({ requestId: odd, body: 1 }).key, AT);
  const timed = firstDeliveryId(callback({ requestId: undefined, body: 2 }).key, AT);
  const suffixed = (id: string, body: number, digits: number) =>
    `${id}-${callback({ requestId: 'any', body }).key.bodyHash.slice(0, digits)}`;
  const requestIds = [
    undefined,
    plain,
    odd,
    hashed,
    timed,
    ...[8, 16, 32].map((digits) => suffixed(plain, 2, digits)),
    suffixed(plain, 3, 8),
    suffixed(suffixed(plain, 2, 8), 2, 8),
    suffixed(hashed, 2, 8),
    suffixed(timed, 2, 8),
    suffixed(timed, 2, 16),
  ];
  return { callback, pairs, bodies, requestIds, plain, odd, hashed, timed, suffixed };
}
