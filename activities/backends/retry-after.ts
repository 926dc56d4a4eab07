/** Who asks for more is not waited for: the back-off goes on as usual. */
const LONGEST_MS = 600_000;

/** The header `Retry-After`, seconds or a date, as ms from now. */
export function readRetryAfter(value: unknown, now = Date.now()): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return ms > 0 ? Math.min(ms, LONGEST_MS) : undefined;
}
