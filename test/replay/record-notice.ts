import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { NOTICE_GIVEN, type NoticeInput, noticeWorkflowId, seenSignal } from '../../workflows/contract.ts';
import type { TestTemporal } from '../support/servers/temporal.ts';
import { withWorker } from '../support/stages/worker.ts';

const SIGHTING = { source: 'receiver-1', since: 1_767_600_000_000, facts: { parked: 3 } };

/** The history of a run of `noticeGiven`: two processes see the condition, and then nobody does. */
export function recordNotice(temporal: TestTemporal, input: NoticeInput): Promise<string> {
  const giveNotice = async () => undefined;
  return withWorker(temporal, { giveNotice }, async (taskQueue) => {
    const handle = await temporal.client.workflow.signalWithStart(NOTICE_GIVEN, {
      workflowId: noticeWorkflowId(taskQueue, input.condition),
      taskQueue,
      args: [input],
      signal: seenSignal,
      signalArgs: [SIGHTING],
    });
    await handle.signal(seenSignal, { ...SIGHTING, source: 'worker-1' });
    await handle.result();
    return historyToJSON(await handle.fetchHistory());
  });
}
