import { Pool } from 'undici';
import { atARate } from '../../support/at-a-rate.ts';
import { percentile } from '../statistics.ts';
import { freshCallbacks } from './fresh-callbacks.ts';
import type { LoadJob, LoadResult } from './job.ts';

/** Answers are counted only after this, in ms: by then every connection is up. */
const LEAD_IN_MS = 1_000;
/** The vendor gives up after 2 s; longer, so that slow answers are seen as slow. In ms. */
const TIMEOUT_MS = 10_000;

/** Sends so many callbacks per second, whatever the answers do. */
export async function measureOpenLoop(job: LoadJob & { rate: number }): Promise<LoadResult> {
  const pool = new Pool(new URL(job.url).origin, {
    connections: job.connections,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  try {
    return await measure(pool, job);
  } finally {
    await pool.destroy();
  }
}

async function measure(pool: Pool, { rate, seconds }: LoadJob & { rate: number }): Promise<LoadResult> {
  const fresh = freshCallbacks();
  const startedAt = performance.now();
  const countedFrom = startedAt + LEAD_IN_MS;
  const count = Math.round(rate * (LEAD_IN_MS / 1_000 + seconds));
  const busy = performance.eventLoopUtilization();
  const answers = { acknowledged: 0, refused: 0, errors: 0 };
  const times: number[] = [];
  await atARate({ rate, startedAt, isDone: (sent) => sent >= count }, async (dueAt) => {
    const status = await post(pool, { query: fresh.nextQuery(), body: fresh.body });
    answers[kindOf(status)] += 1;
    if (status === 200 && dueAt >= countedFrom) times.push(performance.now() - dueAt);
  });
  times.sort((a, b) => a - b);
  return {
    answersPerSecond: times.length / seconds,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    p999: percentile(times, 0.999),
    ...answers,
    generatorBusy: performance.eventLoopUtilization(busy).utilization,
  };
}

/** @returns the answer's status, or undefined where there was none */
async function post(
  pool: Pool,
  { query, body }: { query: string; body: string },
): Promise<number | undefined> {
  try {
    const response = await pool.request({
      method: 'POST',
      path: `/?${query}`,
      headers: { 'content-type': 'application/json' },
      body,
    });
    await response.body.dump();
    return response.statusCode;
  } catch {
    return undefined;
  }
}

function kindOf(status: number | undefined): 'acknowledged' | 'refused' | 'errors' {
  if (status === undefined) return 'errors';
  return status >= 200 && status < 300 ? 'acknowledged' : 'refused';
}
