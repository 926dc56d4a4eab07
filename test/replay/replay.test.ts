import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type ReplayWorkerOptions, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { workerEncryption } from '../../src/temporal/worker/worker-encryption.ts';
import { WORKFLOW_BUNDLE } from '../../src/temporal/worker/workflow-bundle.ts';
import { keysOf } from '../support/inputs/payload-keys.ts';
import { installTestRuntime } from '../support/servers/temporal.ts';

const HISTORIES = join(PACKAGE_ROOT, 'test', 'replay', 'histories');
const bundle = readFileSync(WORKFLOW_BUNDLE, 'utf8');
const recorded = readdirSync(HISTORIES).flatMap((version) =>
  readdirSync(join(HISTORIES, version)).map((file) => `${version}/${file}`),
);

installTestRuntime();

describe('replay', () => {
  test('there are histories to replay', () => assert.ok(recorded.length >= 25));

  for (const history of recorded) {
    test(`this version replays ${history}`, async () => {
      assert.equal(await replay(bundle, history), undefined);
    });

    test(`a worker that encrypts replays ${history}, which is not encrypted`, async () => {
      assert.equal(await replayWith(workerEncryption(keysOf('k1')), history), undefined);
    });
  }

  const mutants = [
    {
      what: 'a side effect is left out',
      code: 'plan.sideEffects.map(',
      mutated: 'plan.sideEffects.slice(1).map(',
    },
    {
      what: 'the memo is not written',
      code: 'JSON.stringify(memo) !== JSON.stringify(known)',
      mutated: 'false',
    },
    { what: 'the status is not published', code: 'published === progress.status', mutated: 'true' },
    {
      what: 'a failed unit is not tried again',
      code: 'failed.length > 0 && !this.isStopped',
      mutated: 'false',
    },
    { what: 'batches are smaller', code: 'last.length < size', mutated: 'last.length < 2' },
    {
      what: 'the units of a failed batch have an activity each',
      code: 'isShared ? [batch]',
      mutated: 'false ? [batch]',
    },
    { what: 'the workflow does not wait for a person', code: 'left <= 0', mutated: 'true' },
    {
      what: 'a command does not retry parked units',
      code: 'for (const batch of this.#cut(parked))',
      mutated: 'if (0)',
    },
    {
      what: 'a command does not end the back-off',
      code: 'for (const retry of inBackOff)',
      mutated: 'if (0)',
    },
    {
      what: 'a cancelled retry is not started again',
      code: 'continues && !this.isStopped',
      mutated: 'false',
    },
    {
      what: 'the rest of a batch is retried without back-off',
      code: 'await retry.backOff(',
      mutated: 'void (',
    },
    {
      what: 'the first pass is never local',
      code: 'this.#planned.isFirstPassLocal',
      mutated: 'false',
    },
    { what: 'nobody is told that it began', code: 'if (!sightings)', mutated: 'if (false)' },
    {
      what: 'nobody is told that it is over',
      code: "await give({ ...notice(), state: 'ended', until: seenAt });",
      mutated: '',
    },
    { what: 'reconcile asks nobody', code: 'while (!isDone)', mutated: 'while (false)' },
    { what: 'a dismissal has no effect', code: "this.#settle(unit, 'dismissed')", mutated: '0' },
  ];
  for (const { what, code, mutated } of mutants) {
    test(`given a workflow in which ${what}, then a recorded history does not replay`, async () => {
      const mutant = bundle.replaceAll(code, mutated);
      assert.notEqual(mutant, bundle, `the bundle no longer contains ${code}`);
      assert.ok(await isNoticed(mutant));
    });
  }
});

/** Whether a recorded history does not replay. */
async function isNoticed(code: string): Promise<boolean> {
  for (const history of recorded)
    if ((await replay(code, history)) instanceof DeterminismViolationError) return true;
  return false;
}

/** The error of the replay, if there is one. */
function replay(code: string, history: string): Promise<Error | undefined> {
  return replayWith({ workflowBundle: { code } }, history);
}

async function replayWith(options: ReplayWorkerOptions, history: string): Promise<Error | undefined> {
  const json: unknown = JSON.parse(readFileSync(join(HISTORIES, history), 'utf8'));
  try {
    await Worker.runReplayHistory(options, json);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
