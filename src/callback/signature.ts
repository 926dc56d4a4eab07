import { timingSafeEqual } from 'node:crypto';
import { sha256 } from './sha256.ts';

/** How far `RequestTime` may be off, in seconds, either way. Source: Tencent Cloud Chat, doc 1047/34354. */
export const MAX_CLOCK_SKEW_SECONDS = 60;

/** The `Sign` parameter: lower-case hex of sha256(token + requestTime), the two joined as they are. */
export function sign(token: string, requestTime: string): string {
  return sha256(token + requestTime);
}

/**
 * Whether `signature` was made with one of `tokens` at a time within {@link MAX_CLOCK_SKEW_SECONDS} of `now`.
 * Several tokens are valid at once while the operator rotates them. The check takes the same time for every token.
 *
 * @param now milliseconds since the epoch
 */
export function isSigned(
  { signature, requestTime }: { signature: string | null; requestTime: string | null },
  tokens: readonly string[],
  now: number,
): boolean {
  if (signature === null || requestTime === null || !/^\d{1,15}$/.test(requestTime)) return false;
  const given = Buffer.from(signature);
  let matches = false;
  for (const token of tokens) {
    const expected = Buffer.from(sign(token, requestTime));
    if (given.length === expected.length && timingSafeEqual(given, expected)) matches = true;
  }
  return matches && Math.abs(Math.floor(now / 1000) - Number(requestTime)) <= MAX_CLOCK_SKEW_SECONDS;
}
