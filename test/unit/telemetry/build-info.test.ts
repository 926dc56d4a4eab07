import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSION } from '../../../src/package-root.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

test('the metrics say which version runs', async () => {
  const text = await createMetrics().registry.metrics();
  assert.ok(text.includes(`unfriend_build_info{version="${VERSION}"} 1`));
});
