import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import type { Backend, Finding } from '../../../activities/backends/backend.ts';
import { BackendWatch } from '../../../src/service/backend-watch.ts';
import { createReachableGauge } from '../../../src/telemetry/backend-metrics.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

function watching(findings: Record<string, Finding>) {
  const logs: Record<string, unknown>[] = [];
  const registry = new Registry();
  const backends = Object.keys(findings).map((name): [string, Backend] => [
    name,
    { check: async () => [findings[name] as Finding], close: async () => undefined },
  ]);
  const watch = new BackendWatch({
    backends: new Map(backends),
    reachable: createReachableGauge(registry),
    logger: createLogger('info', { write: (line) => logs.push(JSON.parse(line)) }),
  });
  return { watch, logs, metrics: () => registry.metrics() };
}

const OK: Finding = { state: 'ok', message: 'there' };
const FAULT: Finding = { state: 'fault', message: '127.0.0.1:6379: ECONNREFUSED; start it' };

test('a worker says which backend is not in order, once, and when it is again', async () => {
  const findings: Record<string, Finding> = { clearCaches: FAULT, updateSearchIndex: OK };
  const { watch, logs, metrics } = watching(findings);
  assert.equal(watch.state, 'not looked at yet');
  await watch.look();
  await watch.look();
  assert.equal(watch.state, `clearCaches: ${FAULT.message}`);
  assert.match(await metrics(), /^unfriend_backend_reachable\{side_effect="clearCaches"\} 0$/m);
  assert.match(await metrics(), /^unfriend_backend_reachable\{side_effect="updateSearchIndex"\} 1$/m);
  findings.clearCaches = OK;
  await watch.look();
  assert.equal(watch.state, 'all in order');
  assert.match(await metrics(), /^unfriend_backend_reachable\{side_effect="clearCaches"\} 1$/m);
  assert.deepEqual(
    logs.map(({ msg, sideEffect }) => [msg, sideEffect]),
    [
      ['the backend of a side effect is not in order', 'clearCaches'],
      ['the backend of a side effect is in order again', 'clearCaches'],
    ],
  );
});

test('a warning of a check is no fault', async () => {
  const { watch } = watching({ notifyUsers: { state: 'warning', message: 'unencrypted' } });
  await watch.look();
  assert.equal(watch.state, 'all in order');
});
