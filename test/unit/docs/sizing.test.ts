import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { withFigures } from '../../bench/callbacks/report/sizing.ts';
import type { Results } from '../../bench/callbacks/results.ts';
import { readPage } from '../../support/inputs/markdown.ts';

const RESULTS = join(PACKAGE_ROOT, 'test', 'bench', 'results', 'callbacks.json');
const { text } = readPage('docs', 'sizing.md');

describe('docs/sizing.md', () => {
  test('its figures are those of the committed results of the benchmark', () => {
    const results = JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
    assert.equal(text, withFigures(text, results));
  });

  test('the figures of an example follow from what was measured', () => {
    const page = withFigures(text, measured());
    // 100 per second × 12 ms = 1.2 cores, and 2 cores used to 60%.
    assert.match(page, /^\| 100 \| 2 \| 2 \| 5 \| 2.5 \| 3,000 \| 4.88 \| 247 \| 3 \|$/m);
    assert.match(page, /^\| 1,000 \| 5 \| 20 \| 50 \| 25 \| 30,000 \| 48.8 \| 2,472 \| 25 \|$/m);
  });
});

function measured(): Results {
  const burst = {
    callbacks: 100,
    seconds: 4,
    finishedPerSecond: 25,
    cpu: { receiver: 3, worker: 12, server: 30, database: 15, backends: 10 },
    database: { commits: 30, walKiB: 50, storedKiB: 30 },
  };
  const history = { events: 13, actions: 3, writes: 3, bytes: 3_000, runs: 1 };
  return {
    date: '2026-01-01T00:00:00.000Z',
    rounds: 1,
    seconds: 4,
    minutes: 1,
    historyShards: 4,
    machine: {
      cores: 2,
      processor: 'a processor',
      memoryGiB: 8,
      system: 'Linux',
      node: 'v20',
      loadBefore: 0,
      fileSystem: 'disk',
      syncMs: 1,
      versions: {},
    },
    contenders: [
      {
        name: 'unfriend',
        label: 'Unfriend',
        meaning: '',
        notRun: [],
        faults: [],
        measurements: [{ round: 1, engine: 'temporal-postgres', pairs: 2, burst, history }],
      },
    ],
  };
}
