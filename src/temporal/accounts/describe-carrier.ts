import proto from '@temporalio/proto';
import { readWorkflowId, searchAttributes } from '../../../workflows/contract.ts';
import type { Run } from '../attention/list-runs.ts';
import { readAttribute } from './find-carriers.ts';

const { WorkflowExecutionStatus } = proto.temporal.api.enums.v1;

/** A workflow that carries an account: a delivery's first one, or a retry of it. Times are in ISO 8601. */
export type Carrier = {
  deliveryId: string;
  workflowId: string;
  runId: string;
  /** Temporal's own word: `RUNNING`, `COMPLETED`, … */
  execution: string;
  /** Unfriend's own word: `Running`, `NeedsAttention`, `Done`, … null: somebody else started the workflow. */
  status: string | null;
  pairs: number;
  startTime: string;
  closeTime: string | null;
};

export function describeCarrier(run: Run): Carrier {
  const { workflowId = '', runId = '' } = run.execution ?? {};
  return {
    deliveryId: readWorkflowId(workflowId ?? '').deliveryId,
    workflowId: workflowId ?? '',
    runId: runId ?? '',
    execution: executionOf(run),
    status: readAttribute<string>(run, searchAttributes.status.name) ?? null,
    pairs: readAttribute<number>(run, searchAttributes.pairs.name) ?? 0,
    startTime: toIso(run.startTime) ?? '',
    closeTime: toIso(run.closeTime),
  };
}

/** The words of the SDK's own lists. */
export function executionOf({ status }: Run): string {
  return (WorkflowExecutionStatus[status ?? 0] ?? '').replace('WORKFLOW_EXECUTION_STATUS_', '');
}

function toIso(time: Run['startTime']): string | null {
  if (!time) return null;
  const ms = Number(time.seconds ?? 0) * 1_000 + Math.floor((time.nanos ?? 0) / 1_000_000);
  return new Date(ms).toISOString();
}
