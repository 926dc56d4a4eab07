/** The load generator's process: measures what it is sent, one job at a time. */
import { performance } from 'node:perf_hooks';
import autocannon, { type Client, type Result } from 'autocannon';
import { percentile } from '../statistics.ts';
import { COUNTER_DIGITS, composeOnce } from './fresh-callbacks.ts';
import type { LoadJob, LoadResult } from './job.ts';
import { measureOpenLoop } from './open-loop.ts';

/** Answers are counted only after this, in ms: by then every connection is up. */
const LEAD_IN_MS = 500;
/** The vendor gives up after 2 s; longer, so that slow answers are seen as slow. In seconds. */
const TIMEOUT_SECONDS = 10;
/** How often autocannon looks whether its time is over, in ms. */
const SAMPLE_MS = 100;

process.on('message', (job: LoadJob) => {
  measure(job).then(
    (result) => process.send?.({ result }),
    (error) => process.send?.({ error: String(error) }),
  );
});

async function measure({ rate, ...job }: LoadJob): Promise<LoadResult> {
  return rate === undefined ? measureClosedLoop(job) : measureOpenLoop({ rate, ...job });
}

/** Each connection sends its next callback when it has the answer. */
async function measureClosedLoop({ url, connections, seconds }: LoadJob): Promise<LoadResult> {
  const callback = stampedCallbacks();
  const latencies: number[] = [];
  const from = performance.now() + LEAD_IN_MS;
  const to = from + seconds * 1_000;
  const busy = performance.eventLoopUtilization();
  const result = await run(
    {
      ...{ url, connections, sampleInt: SAMPLE_MS, timeout: TIMEOUT_SECONDS },
      duration: LEAD_IN_MS / 1_000 + seconds,
      setupClient: callback.stamp,
      requests: [callback.request],
    },
    (status, ms) => {
      const now = performance.now();
      if (status === 200 && now >= from && now < to) latencies.push(ms);
    },
  );
  latencies.sort((a, b) => a - b);
  const unanswered = result.requests.sent - result.requests.total - connections;
  return {
    answersPerSecond: latencies.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    p999: percentile(latencies, 0.999),
    acknowledged: result['2xx'],
    refused: result.non2xx,
    errors: result.errors + Math.max(0, unanswered),
    generatorBusy: performance.eventLoopUtilization(busy).utilization,
  };
}

function run(options: autocannon.Options, onResponse: (status: number, ms: number) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    const instance = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
    instance.on('response', (_client, status, _bytes, ms) => onResponse(status, ms));
  });
}

/**
 * The vendor's sample, signed now, and a RequestId that no other request of this run has. Only the RequestId
 * changes from one request to the next, so it is written into the finished bytes: to compose each request anew
 * would cost the generator as much as a receiver spends on it.
 */
function stampedCallbacks() {
  const { requestId, query, body } = composeOnce();
  const headers = { 'content-type': 'application/json' };
  let count = 0;
  const stamp = (client: Client) => {
    // Not in autocannon's types, and pinned by its exact version; were it not called, no callback would be fresh
    // and the contenders would keep fewer than they acknowledge, which the benchmark checks.
    const sender = client as unknown as { getRequestBuffer(): Buffer };
    const original = sender.getRequestBuffer.bind(sender);
    sender.getRequestBuffer = () => {
      const bytes = Buffer.from(original());
      const end = bytes.indexOf(requestId) + requestId.length;
      count += 1;
      bytes.write(String(count).padStart(COUNTER_DIGITS, '0'), end - COUNTER_DIGITS, 'latin1');
      return bytes;
    };
  };
  return { stamp, request: { method: 'POST' as const, path: `/?${query}`, headers, body } };
}
