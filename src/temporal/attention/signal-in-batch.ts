import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { CommandInput, CommandName } from '../../../workflows/contract.ts';
import { OperatorError } from '../../operator-error.ts';
import { describeRpcError } from '../connect.ts';
import { encrypts, toPayload } from '../data-converter.ts';
import { WAITING_UNPAUSED } from './attention-query.ts';

const POLL_MS = 500;
/** How long Temporal may be away while the job is watched, in ms. */
const AWAY_MS = 30_000;
const { BatchOperationState } = proto.temporal.api.enums.v1;

/** How many workflows were signalled, how many could not be signalled, and how many there are. */
export type BatchCounts = { done: number; failed: number; total: number };

export type BatchSignal = {
  command: CommandName;
  input: CommandInput;
  /** Called from time to time with the counts so far. */
  onProgress: (counts: BatchCounts) => void;
};

/**
 * Signals everything that waits for a person and is not paused. A batch job of Temporal's does it, so it goes on even
 * if this process ends.
 *
 * @throws OperatorError when Temporal does not take the job
 */
export async function signalInBatch(client: Client, signal: BatchSignal): Promise<BatchCounts> {
  const jobId = `unfriend-${randomUUID()}`;
  await startJob(client, jobId, signal);
  let answeredAt = performance.now();
  for (;;) {
    await delay(POLL_MS);
    const job = await readJob(client, jobId).catch((error: unknown) => {
      if (performance.now() - answeredAt > AWAY_MS || !isGrpcServiceError(error))
        throw new OperatorError(
          `Temporal's batch job ${jobId} goes on by itself, but Temporal can't be asked: ${describeRpcError(error)}.`,
        );
    });
    if (!job) continue;
    answeredAt = performance.now();
    const { state, ...counts } = job;
    signal.onProgress(counts);
    if (state === BatchOperationState.BATCH_OPERATION_STATE_COMPLETED) return counts;
    if (state === BatchOperationState.BATCH_OPERATION_STATE_FAILED)
      throw new OperatorError(
        `Temporal's batch job ${jobId} failed, after ${counts.done} of ${counts.total}.`,
      );
  }
}

async function startJob(client: Client, jobId: string, { command, input }: BatchSignal): Promise<void> {
  const { namespace, identity } = client.options;
  const payloads = [await toPayload(client, input)];
  // Temporal stores a job's reason as plain text, and people may write names into theirs. The signal carries it too.
  const reason = encrypts(client) ? undefined : input.reason;
  try {
    await refuseIfJobRuns(client);
    await client.workflowService.startBatchOperation({
      namespace,
      jobId,
      visibilityQuery: WAITING_UNPAUSED,
      reason: reason || `unfriend: ${command}`,
      signalOperation: { signal: command, input: { payloads }, identity },
    });
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if (isGrpcServiceError(error) && error.code === status.RESOURCE_EXHAUSTED) throw anotherJobRuns();
    throw new OperatorError(
      `Temporal did not take the batch job: ${describeRpcError(error)}. Signals can be sent one by one: --rate 50.`,
    );
  }
}

/** Asks before the start: a refused start is retried until its deadline, and then the reason is lost. */
async function refuseIfJobRuns(client: Client): Promise<void> {
  const { namespace } = client.options;
  const { operationInfo } = await client.workflowService.listBatchOperations({ namespace });
  if (operationInfo.some(({ state }) => state === BatchOperationState.BATCH_OPERATION_STATE_RUNNING))
    throw anotherJobRuns();
}

function anotherJobRuns(): OperatorError {
  return new OperatorError(
    'Another batch job is under way in this namespace, and Temporal runs one at a time. Try again once it is through (temporal batch list), or send signals one by one: --rate 50.',
  );
}

async function readJob(client: Client, jobId: string): Promise<BatchCounts & { state: number }> {
  const { namespace } = client.options;
  const { state, completeOperationCount, failureOperationCount, totalOperationCount } =
    await client.workflowService.describeBatchOperation({ namespace, jobId });
  const [done, failed, total] = [completeOperationCount, failureOperationCount, totalOperationCount].map(
    Number,
  );
  return { state, done: done ?? 0, failed: failed ?? 0, total: total ?? 0 };
}
