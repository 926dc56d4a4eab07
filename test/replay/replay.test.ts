import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { WORKFLOW_BUNDLE } from '../../src/temporal/workflow-bundle.ts';
import { installTestRuntime } from '../support/temporal.ts';

const HISTORIES = new URL('histories/', import.meta.url);
const bundle = readFileSync(WORKFLOW_BUNDLE, 'utf8');
const recorded = readdirSync(HISTORIES).flatMap((version) =>
  readdirSync(new URL(`${version}/`, HISTORIES)).map((file) => `${version}/${file}`),
);

installTestRuntime();

describe('replay', () => {
  test('there are histories to replay', () => assert.ok(recorded.length >= 18));

  for (const history of recorded) {
    test(`this version goes on where ${history} was`, async () => {
      assert.equal(await replay(bundle, history), undefined);
    });
  }

  const mutants = [
    {
      what: 'a side effect is left out',
      code: 'plan.sideEffects.map(',
      mutated: 'plan.sideEffects.slice(1).map(',
    },
    {
      what: 'lists are not told what is parked',
      code: 'JSON.stringify(memo) !== JSON.stringify(known)',
      mutated: 'false',
    },
    { what: 'the status is not published', code: 'published !== progress.status', mutated: 'false' },
    {
      what: 'a failed unit is not tried again',
      code: 'failed.length > 0 && !this.interrupted',
      mutated: 'false',
    },
    { what: 'batches are cut smaller', code: 'last.length < size', mutated: 'last.length < 2' },
    {
      what: 'a batch that failed is taken apart',
      code: 'together ? [batch]',
      mutated: 'false ? [batch]',
    },
    { what: 'nobody is waited for', code: 'left <= 0', mutated: 'true' },
    {
      what: 'what is parked is not taken up',
      code: 'for (const batch of this.#cut(parked))',
      mutated: 'if (0)',
    },
    {
      what: 'what waits in back-off is not hurried',
      code: 'for (const retry of waiting)',
      mutated: 'if (0)',
    },
    { what: 'what was cancelled is not tried again', code: 'goesOn && !this.interrupted', mutated: 'false' },
    { what: 'the rest of a batch does not wait', code: 'await retry.wait(', mutated: 'void (' },
    { what: 'a dismissal settles nothing', code: "this.#settle(unit, 'dismissed')", mutated: '0' },
  ];
  for (const { what, code, mutated } of mutants) {
    test(`given a workflow in which ${what}, then a recorded history does not replay`, async () => {
      const mutant = bundle.replace(code, mutated);
      assert.notEqual(mutant, bundle, `${code} is not in the bundle any more`);
      const errors = await Promise.all(recorded.map((history) => replay(mutant, history)));
      assert.ok(errors.some((error) => error instanceof DeterminismViolationError));
    });
  }
});

/** The error with which replaying ended, if any. */
async function replay(code: string, history: string): Promise<Error | undefined> {
  const json: unknown = JSON.parse(readFileSync(new URL(history, HISTORIES), 'utf8'));
  try {
    await Worker.runReplayHistory({ workflowBundle: { code } }, json);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
