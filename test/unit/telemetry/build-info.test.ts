import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSION } from '../../../src/package-root.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

test('the metrics say which version runs', async () => {
  const text = await createMetrics().registry.metrics();
  assert.ok(text.includes(`unfriend_build_info{version="${VERSION}"} 1`));
});

test('of workers with a version, the metrics also say which build they are', async () => {
  const text = await createMetrics('0.2.0-rc.1').registry.metrics();
  assert.ok(text.includes(`unfriend_build_info{version="${VERSION}",build_id="0.2.0-rc.1"} 1`));
});
