import { deliveryName, type Progress, type SideEffectProgress } from '../../workflows/contract.ts';
import { describeExecution, isOpen, unpauseCommand } from '../temporal/attention/execution.ts';
import type { DeliveryDetails, PendingRetry } from '../temporal/attention/read-details.ts';
import type { DeliveryReport } from '../temporal/attention/read-progress.ts';
import type { KnownRedo } from '../temporal/redo/list-redos.ts';
import { counted } from './counted.ts';

/** `given`: the id as the person typed it. The commands that are shown repeat it. */
type Asked = { given: string; namespace: string };

export type ShownDelivery = DeliveryReport & DeliveryDetails & { redos: readonly KnownRedo[]; link: string };

/** How many parked pairs are named. `--json` has the first 200. */
const MAX_PARKED = 10;

/** Describes for people what is done, what is not, and what to type if nothing goes on by itself. */
export function describeDelivery(report: ShownDelivery, asked: Asked): string[] {
  const { progress, workflow, redos, receivedAt, retries, link } = report;
  const isUnderWay = isOpen(workflow.execution);
  const effects = Object.entries(progress?.sideEffects ?? {}).map(
    ([name, counts]) => `  ${name}: ${isUnderWay ? describeOpen(counts) : describeEnded(counts)}`,
  );
  const errors = (progress?.errors ?? []).map(
    ({ type, message, count }) => `  ${count} × ${type}: ${message}`,
  );
  return [
    describeState(report),
    ...(receivedAt === null ? [] : [`  received ${receivedAt}`]),
    ...effects,
    ...errors,
    ...retries.map(describeRetry),
    ...describeParked(progress),
    ...redos.map(describeRedo),
    `  in the Temporal UI: ${link}`,
    ...whatNext(report, asked),
  ];
}

function describeRetry({ sideEffect, attempts, nextTryAt }: PendingRetry): string {
  const tries = counted(attempts, 'try', 'tries');
  return `  ${sideEffect} is retried: ${tries} so far, ${nextTryAt === null ? 'now the next one' : `the next one at ${nextTryAt}`}`;
}

function describeParked(progress: Progress | null): string[] {
  const { parked = [], parkedTotal = 0 } = progress ?? {};
  const lines = parked.slice(0, MAX_PARKED).map(({ from, to, sideEffect, error, attempts }) => {
    const whose = from === undefined ? '' : ` of ${from} → ${to}`;
    return `  parked: ${sideEffect}${whose}, ${counted(attempts, 'try', 'tries')}, ${error.type}`;
  });
  const more = parkedTotal - lines.length;
  return more > 0 ? [...lines, `  and ${more} more parked: see --json, or the Temporal UI`] : lines;
}

function describeState({ deliveryId, status, pairs, workflow }: DeliveryReport): string {
  const { execution } = workflow;
  const state = describeExecution(execution);
  const said = {
    RUNNING: status,
    COMPLETED: status,
    PAUSED: `paused while it was ${status}`,
  }[execution];
  const ended = status === 'Done' ? `${state} once all was done` : `${state} with side effects undone`;
  const ofPairs = pairs === 0 ? '' : `, ${counted(pairs, 'pair')}`;
  return `${deliveryId}: ${said ?? ended}${ofPairs}, workflow ${execution}`;
}

function describeRedo({ workflowId, effect, status, execution }: KnownRedo): string {
  const what = effect === null ? 'a redo' : `${effect} again`;
  return `  ${what}, in ${deliveryName(workflowId)}: ${status}, workflow ${execution}`;
}

function describeOpen(counts: SideEffectProgress): string {
  return `${describeDone(counts)}, ${counts.retrying} retrying, ${counts.parked} parked`;
}

function describeEnded(counts: SideEffectProgress): string {
  return `${describeDone(counts)}, ${counts.total - counts.done - counts.dismissed} undone`;
}

function describeDone({ done, befriended = 0, dismissed, total }: SideEffectProgress): string {
  return `${done} of ${total} done${given(befriended, 'of them befriended')}${given(dismissed, 'dismissed')}`;
}

function given(count: number, what: string): string {
  return count > 0 ? `, ${count} ${what}` : '';
}

function whatNext({ status, progress, workflow }: DeliveryReport, { given, namespace }: Asked): string[] {
  const { execution, workflowId } = workflow;
  if (execution === 'PAUSED')
    return [
      'The delivery goes on only once somebody unpauses it. Until then Temporal does not tell its progress.',
      `  in the Temporal UI: More Actions, Unpause Workflow; or: ${unpauseCommand(workflowId, namespace)}`,
    ];
  const noWorker = progress ? [] : ['No worker answered: start a worker to see the side effects.'];
  if (isOpen(execution) && status === 'NeedsAttention')
    return [
      ...noWorker,
      'It waits for a person. Once the cause is fixed:',
      `  npx unfriend retry ${given}`,
      `  to leave it undone: npx unfriend dismiss ${given} --reason <why>`,
    ];
  if (isOpen(execution) || status === 'Done') return noWorker;
  return [
    ...noWorker,
    'Nothing goes on by itself.',
    `  to do what is undone: npx unfriend retry ${given}`,
    `  to leave it undone: npx unfriend dismiss ${given} --reason <why>`,
  ];
}
