import { randomUUID } from 'node:crypto';
import { BackendError } from '../../../activities/backends/backend.ts';
import type { ActOutcome } from '../../../src/temporal/attention/act-on-delivery.ts';
import { startOptions } from '../../../src/temporal/start/start-delivery.ts';
import {
  ATTENTION_MEMO,
  FRIEND_DELETED,
  type FriendDeletedInput,
  type Pair,
  searchAttributes,
  workflowId,
} from '../../../workflows/contract.ts';
import { deferred } from '../deferred.ts';
import { PLANNED, type PlannedName } from '../inputs/deliveries.ts';
import { payloadKeysOf } from '../inputs/payload-keys.ts';
import { type Fault, recordedActs } from '../recorded-acts.ts';
import { type ProcessSettings, runUnfriend } from '../servers/process.ts';
import { startTestTemporal, type TestTemporal } from '../servers/temporal.ts';
import { until } from '../until.ts';
import { withWorkerOn, workflowInput } from './worker.ts';

const HOUR = 3_600_000;

/** What `retry` and `dismiss` print with `--json`. */
export type ActDocument = { command: string; dryRun: boolean; deliveries: ActOutcome[] };

/** Deliveries with parked side effects on a Temporal of their own, and the built program that operates them. */
export class AttentionStage {
  readonly temporal: TestTemporal;
  readonly taskQueue = `attention-${process.pid}`;
  /** Which side effects fail at this moment, and for whom: pairs whose From begins with it. */
  readonly broken = new Map<PlannedName, { from: string; error: BackendError }>();
  readonly acts = recordedActs(
    Object.fromEntries(PLANNED.map(({ name }) => [name, this.#faultOf(name)])) as Record<PlannedName, Fault>,
  );

  #endWorker: () => Promise<void> = async () => undefined;

  static async start(options: Parameters<typeof startTestTemporal>[0] = {}): Promise<AttentionStage> {
    return new AttentionStage(await startTestTemporal(options));
  }

  private constructor(temporal: TestTemporal) {
    this.temporal = temporal;
  }

  /** Nothing is broken, and nothing was done. */
  startAfresh(): void {
    this.broken.clear();
    for (const calls of Object.values(this.acts.done)) calls.length = 0;
  }

  /** What this side effect does for accounts that begin with `from` fails; but for `Unreachable` it is parked at once. */
  break(name: PlannedName, from = '', type: 'Rejected' | 'Unauthorized' | 'Unreachable' = 'Rejected'): void {
    this.broken.set(name, { from, error: new BackendError(type, `${name} is broken`) });
  }

  /** Starts a delivery as a receiver does (with keys: one without accounts in lists), and returns its workflow id, which ends with `retry` where that is given. */
  async deliver(pairs: Pair[], plan: Partial<FriendDeletedInput['plan']> = {}, retry = ''): Promise<string> {
    const input = workflowInput(pairs, { attentionFor: HOUR, ...plan });
    const indexAccounts = !this.temporal.settings.payloadKeys?.length;
    const about = { taskQueue: this.taskQueue, bodyHash: randomUUID(), indexAccounts };
    const id = workflowId(input.delivery) + retry;
    await this.temporal.client.workflow.start(FRIEND_DELETED, {
      ...startOptions(input, about),
      workflowId: id,
    });
    return id;
  }

  /** A delivery that gave up with its search index undone; needs a worker. */
  async abandoned(pairs: Pair[]): Promise<string> {
    this.break('updateSearchIndex');
    const id = await this.deliver(pairs, { attentionFor: 1 });
    await this.ended('Failed', id);
    return id;
  }

  /** For tests that all need a worker: one until `stop`, because each start takes a third of a second of processor time. */
  keepWorker(): void {
    const ended = deferred<void>();
    const running = this.withWorker(() => ended);
    this.#endWorker = () => {
      ended.resolve();
      return running;
    };
  }

  async stop(): Promise<void> {
    await this.#endWorker();
    await this.temporal.stop();
  }

  withWorker<T>(test: () => Promise<T>): Promise<T> {
    const { activities } = this.acts;
    return withWorkerOn(this.temporal, { taskQueue: this.taskQueue, activities }, test);
  }

  /** Waits until they wait for a person, and lists say so. */
  async waiting(...workflowIds: string[]): Promise<void> {
    for (const id of workflowIds) {
      await until(`${id} to need attention, in lists too`, async () => {
        const query = `WorkflowId="${id}" AND UnfriendStatus="NeedsAttention" AND ExecutionStatus="Running"`;
        for await (const { memo } of this.temporal.client.workflow.list({ query }))
          if (memo?.[ATTENTION_MEMO]) return true;
        return false;
      });
    }
  }

  /** Waits until they have this status, and lists say so. */
  async ended(
    status: 'Completed' | 'Failed' | 'Terminated' | 'Canceled' | 'Paused',
    ...workflowIds: string[]
  ): Promise<void> {
    for (const id of workflowIds) {
      await until(`${id} to be ${status}, in lists too`, async () => {
        const query = `WorkflowId="${id}" AND ExecutionStatus="${status}"`;
        for await (const _ of this.temporal.client.workflow.list({ query })) return true;
        return false;
      });
    }
  }

  handle(workflowId: string) {
    return this.temporal.client.workflow.getHandle(workflowId);
  }

  /** As *Pause Workflow* does in the Temporal UI; returns what unpauses it again. */
  async pause(...workflowIds: string[]): Promise<() => Promise<void>> {
    const { workflowService } = this.temporal.client;
    const requests = await Promise.all(
      workflowIds.map(async (workflowId) => {
        const { runId } = await this.handle(workflowId).describe();
        return { namespace: 'default', workflowId, runId, reason: 'test', requestId: randomUUID() };
      }),
    );
    for (const request of requests) await workflowService.pauseWorkflowExecution(request);
    await this.ended('Paused', ...workflowIds);
    return async () => {
      for (const request of requests)
        await workflowService.unpauseWorkflowExecution({ ...request, requestId: randomUUID() });
    };
  }

  /** As *Reset* to the first workflow task does in the Temporal UI. */
  async reset(id: string): Promise<void> {
    const { workflowId, runId } = await this.handle(id).describe();
    const { events } = await this.handle(id).fetchHistory();
    const task = events?.find(({ workflowTaskCompletedEventAttributes: completed }) => completed);
    await this.temporal.client.workflowService.resetWorkflowExecution({
      namespace: this.temporal.settings.namespace,
      workflowExecution: { workflowId, runId },
      requestId: randomUUID(),
      reason: 'test',
      workflowTaskFinishEventId: task?.eventId ?? null,
    });
  }

  async statusOf(workflowId: string): Promise<string | undefined> {
    return (await this.handle(workflowId).describe()).typedSearchAttributes.get(searchAttributes.status);
  }

  /** Runs a command of the built program. */
  unfriend(...args: string[]) {
    return runUnfriend(args, this.settings);
  }

  /** Of a command that finds these deliveries. */
  get settings(): ProcessSettings {
    const { connectionOptions, payloadKeys = [] } = this.temporal.settings;
    return {
      TEMPORAL_ADDRESS: String(connectionOptions.address),
      PAYLOAD_KEYS: payloadKeys.length > 0 ? payloadKeysOf(...payloadKeys.map(({ id }) => id)) : '',
      SDK_APP_ID: '1400000000',
    };
  }

  /** Runs one with `--json`; fails when it prints anything beside the document. */
  async json<T>(...args: string[]): Promise<{ code: number | null; document: T; stderr: string }> {
    const { code, stdout, stderr } = await this.unfriend(...args, '--json');
    try {
      return { code, document: JSON.parse(stdout) as T, stderr };
    } catch {
      throw new Error(`no JSON document, but ${code}: ${stdout}\n${stderr}`);
    }
  }

  /** Runs `retry` or `dismiss` of the built program. */
  act(command: 'retry' | 'dismiss', ...args: string[]) {
    return this.json<ActDocument>(command, ...args);
  }

  /** What `failed` lists: delivery ids. */
  async failed(...args: string[]): Promise<string[]> {
    const { document } = await this.json<{ deliveries: { deliveryId: string }[] }>('failed', ...args);
    return document.deliveries.map(({ deliveryId }) => deliveryId);
  }

  #faultOf(name: PlannedName): Fault {
    return ({ pairs }) => {
      const { from, error } = this.broken.get(name) ?? {};
      if (error && pairs.some((pair) => pair.from.startsWith(from ?? ''))) throw error;
    };
  }
}

/** `friend-deleted/<app>/<delivery id>` → `<delivery id>` */
export function deliveryIdOf(workflowId: string): string {
  return workflowId.split('/')[2] ?? '';
}

/** What became of each delivery, without what differs from run to run. */
export function resultsOf({ document }: { document: ActDocument }) {
  return document.deliveries.map(({ result, affected }) => [result, affected]);
}
