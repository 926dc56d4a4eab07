import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** Most tests wait for servers more than they compute. Each file takes some 300 MB, with what it starts. */
const FILES_AT_ONCE = Math.min(availableParallelism() + 1, 8);

/**
 * What takes longest: begun last, it would run alone at the end. What computes and what waits take turns, so that never
 * only one kind runs.
 */
export const LONGEST = [
  'e2e/cli/packed',
  'e2e/service/temporal-tls',
  'e2e/operate/redo',
  'e2e/receiver/relay-roll-in',
  'e2e/service/backend-faults',
  'integration/backends/webhook',
  'integration/workflow/batches',
  'integration/backends/redis-caches',
  'integration/workflow/attention-large',
  'integration/workflow/workers-that-end',
  'integration/backends/open-search-guards',
  'integration/backends/redis-cluster',
  'integration/backends/elasticsearch',
  'integration/workflow/attention',
  'e2e/operate/retry-closed',
  'integration/workflow/retry-in-back-off',
  'e2e/receiver/ready-at-start',
  'e2e/receiver/relay-through',
  'e2e/receiver/relay-durable',
  'integration/temporal/local-server',
  'integration/workflow/continue-as-new',
  'e2e/receiver/faults-damage',
  'e2e/operate/reconcile',
  'e2e/service/secrets',
  'e2e/service/notices',
  'e2e/cli/commands',
  'integration/backends/tencent-chat',
  'e2e/operate/bulk',
  'e2e/receiver/door',
  'e2e/operate/temporal-ui',
  'e2e/service/compose',
  'e2e/receiver/faults-kill',
  'e2e/service/backends',
  'e2e/service/start',
];

/**
 * Runs test files, each in a process of its own with this one's environment, and prints what becomes of them.
 *
 * @returns 0: all passed; 1: not all
 */
export async function runFiles(paths: string[]): Promise<number> {
  const files = [...paths].sort((left, right) => rank(left) - rank(right));
  const interrupted = new AbortController();
  // The runner adds one listener per file.
  setMaxListeners(0, interrupted.signal);
  const interrupt = () => interrupted.abort();
  // Each time: Ctrl-C comes from the terminal and may come once more from npm, and the shared servers have to be stopped.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  let failed = 0;
  const tests = run({ files, concurrency: FILES_AT_ONCE, signal: interrupted.signal });
  tests.on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) failed += 1;
  });
  for await (const text of tests.compose(new spec())) process.stdout.write(text);
  return failed > 0 || interrupted.signal.aborted ? 1 : 0;
}

function rank(path: string): number {
  const place = LONGEST.findIndex((name) => path.slice(0, -'.ts'.length).endsWith(`${name}.test`));
  return place === -1 ? LONGEST.length : place;
}
