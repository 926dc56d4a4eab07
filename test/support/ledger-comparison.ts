import { status } from '@grpc/grpc-js';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { type FriendDeletedInput, workflowId } from '../../workflows/contract.ts';
import { numberOfPair } from './inputs/numbered-pairs.ts';
import type { Entry } from './ledger.ts';

/** Histories that are read at once: about a thousand a second; more are not faster. */
const READERS = 64;

/** What of the ledger Temporal contradicts; each by the callback's number, or the workflow's id. */
export type Faults = {
  /** Answered `OK`, and no workflow. */
  lost: string[];
  /** More than one workflow, or one id with two runs. */
  doubled: string[];
  /** A workflow with other pairs, or under another id than was answered. */
  wrong: string[];
  /** A workflow of a callback that was never sent. */
  invented: string[];
};

export const NO_FAULTS: Faults = { lost: [], doubled: [], wrong: [], invented: [] };

export type Sent = { entries: readonly Entry[]; sdkAppId: string };

/** Reads the input of every workflow of the app, and holds it against what was sent and how that was answered. */
export async function compareWithTemporal(client: Client, sent: Sent): Promise<Faults> {
  const faults: Faults = { lost: [], doubled: [], wrong: [], invented: [] };
  const found = await readWorkflows(client, sent, faults);
  sent.entries.forEach((entry, number) => {
    const workflows = found.get(number) ?? [];
    if (workflows.length > 1) faults.doubled.push(String(number));
    if (entry.deliveryIds.size === 0) return;
    if (workflows.length === 0) faults.lost.push(String(number));
    const answered = [...entry.deliveryIds];
    if (workflows.length === 1 && (answered.length > 1 || answered[0] !== workflows[0]))
      faults.wrong.push(`${number}: answered ${answered.join()}, started ${workflows.join()}`);
  });
  return faults;
}

/** The delivery ids that Temporal has of each callback, by its number. */
async function readWorkflows(client: Client, sent: Sent, faults: Faults): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  const ids = await workflowIds(client, sent, faults);
  const read = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const input = await inputOf(client, id);
      if (!input) continue;
      const number = numberOf(sent.entries, { id, input, faults });
      found.set(number, [...(found.get(number) ?? []), input.delivery.deliveryId]);
    }
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return found;
}

type Read = { id: string; input: FriendDeletedInput; faults: Faults };

/** Which callback a workflow is of, after a look at whether it says what was sent. */
function numberOf(entries: readonly Entry[], { id, input: { delivery, pairs }, faults }: Read): number {
  const number = numberOfPair(pairs[0]);
  const sent = entries[number];
  if (!sent) faults.invented.push(id);
  else if (JSON.stringify(sent.pairs) !== JSON.stringify(pairs)) faults.wrong.push(`${id}: other pairs`);
  else if (workflowId(delivery) !== id) faults.wrong.push(`${id}: is of ${delivery.deliveryId}`);
  return number;
}

/** From the list, and those that should be there by name: the list runs behind. */
async function workflowIds(client: Client, { entries, sdkAppId }: Sent, faults: Faults): Promise<string[]> {
  const ids = new Set<string>();
  const query = `WorkflowId STARTS_WITH "${workflowId({ sdkAppId, deliveryId: '' })}"`;
  for await (const { workflowId: id } of client.workflow.list({ query })) {
    if (ids.has(id)) faults.doubled.push(id);
    ids.add(id);
  }
  for (const { deliveryIds } of entries) {
    for (const deliveryId of deliveryIds) ids.add(workflowId({ sdkAppId, deliveryId }));
  }
  return [...ids];
}

/** Undefined: there is no such workflow. */
async function inputOf(client: Client, id: string): Promise<FriendDeletedInput | undefined> {
  try {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      ...{ namespace: client.options.namespace, maximumPageSize: 1 },
      execution: { workflowId: id },
    });
    const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    return JSON.parse(
      Buffer.from(started?.input?.payloads?.[0]?.data ?? []).toString(),
    ) as FriendDeletedInput;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === status.NOT_FOUND) return undefined;
    throw error;
  }
}
