import assert from 'node:assert/strict';
import { after } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { RedisCaches } from '../../../activities/backends/redis/redis-caches.ts';
import { TestRedis } from '../servers/redis.ts';

export const KEYS = ['friends:{From_Account}'];
export const NEVER = new AbortController().signal;
/** What an activity may lose on a cache that does not answer, with room for a busy machine. */
export const SOON_MS = 8_000;

/** UserIDs of printable ASCII that a pattern, a hash tag or a separator could be read into. */
export const ODD_ACCOUNTS = [
  'a b',
  '{a}',
  '{a}{b}',
  '{}',
  '}{',
  'a:b',
  '*',
  '?',
  '[a-z]',
  '"',
  "'",
  '\\',
  '%2A',
  '$0',
  ' ',
];

/** Redis servers and clients of a file of tests, which stop at its end. */
export function redisStage() {
  const opened: { stop(): unknown }[] = [];
  after(async () => {
    for (const { stop } of opened.reverse()) await stop();
  });

  function open(url: string, cacheKeys = KEYS): RedisCaches {
    const caches = new RedisCaches(url, cacheKeys);
    opened.push({ stop: () => caches.close() });
    return caches;
  }

  async function startRedis(...options: Parameters<typeof TestRedis.start>): Promise<TestRedis> {
    const server = await TestRedis.start(...options);
    opened.push({ stop: () => server.stop() });
    return server;
  }

  return { opened, open, startRedis };
}

/** `cleared`, `absent`, or the failure's type and message, counted. */
export async function outcomesOf(
  clearing: Promise<(boolean | BackendError)[]>,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const results = await clearing.catch((error) => [error]);
  for (const result of results) {
    const name = typeof result === 'boolean' ? (result ? 'cleared' : 'absent') : describeError(result);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function describeError(error: unknown): string {
  assert.ok(error instanceof BackendError, String(error));
  return `${error.type}: ${error.message}`;
}

export async function faultsOf(caches: RedisCaches): Promise<string> {
  const findings = await caches.check();
  assert.ok(
    findings.every(({ state }) => state === 'fault'),
    JSON.stringify(findings),
  );
  return findings.map(({ message }) => message).join('\n');
}
