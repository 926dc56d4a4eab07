import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  NOTICE_GIVEN,
  type Notice,
  type NoticeActivities,
  noticeWorkflowId,
  seenSignal,
} from '../../../workflows/contract.ts';
import { createTimedWorker, MINUTE, startTimeSkipping } from '../../support/servers/time-skipping.ts';

const OVER_AFTER = 3 * MINUTE;

describe('the workflow that tells of a condition', () => {
  let environment: TestWorkflowEnvironment;
  before(async () => {
    environment = await startTimeSkipping();
  });
  after(() => environment.teardown());

  /** Processes see the condition once per minute for so many minutes. */
  async function seenFor(minutes: number, by: readonly string[], giveNotice: NoticeActivities['giveNotice']) {
    const taskQueue = `notices-${by.join('-')}-${minutes}`;
    const worker = await createTimedWorker(environment, taskQueue, { giveNotice });
    const workflowId = noticeWorkflowId(taskQueue, 'needs-person');
    await worker.runUntil(async () => {
      const since = await environment.currentTimeMs();
      const seenBy = (source: string) =>
        environment.client.workflow.signalWithStart(NOTICE_GIVEN, {
          workflowId,
          taskQueue,
          args: [{ condition: 'needs-person', overAfter: OVER_AFTER }],
          signal: seenSignal,
          signalArgs: [{ source, since, facts: { parked: 1 } }],
        });
      for (let minute = 0; minute < minutes; minute += 1) {
        for (const source of by) await seenBy(source);
        await environment.sleep(MINUTE);
      }
      await environment.client.workflow.getHandle(workflowId).result();
    });
  }

  test('gives one notice and one end, however many processes see it and how often', async () => {
    const given: Notice[] = [];
    await seenFor(30, ['receiver-0', 'receiver-1', 'worker-0'], async (notice) => {
      given.push(notice);
    });
    assert.deepEqual(
      given.map(({ state }) => state),
      ['began', 'ended'],
    );
    const [began, ended] = given;
    assert.equal(ended?.since, began?.since);
    assert.ok((ended?.until ?? 0) >= (began?.since ?? 0) + 29 * MINUTE);
    assert.equal(ended?.sightings.length, 3);
  });

  test('a chat that is away gets the notice once it is back', async () => {
    let tries = 0;
    const given: string[] = [];
    await seenFor(8, ['worker-1'], async ({ state }) => {
      tries += 1;
      if (tries <= 5) throw new Error('the chat is away');
      given.push(state);
    });
    assert.deepEqual(given, ['began', 'ended']);
  });
});
