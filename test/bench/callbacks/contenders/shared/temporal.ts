import type { TemporalPlace } from '../contender.ts';

/** How workflows of one type are followed: the rest of a workflow id is the RequestId of its callback. */
export function followWorkflows({ client }: TemporalPlace, type: string, prefix: string) {
  const query = `WorkflowType = '${type}' AND ExecutionStatus = 'Completed'`;
  return {
    async countFinished() {
      return (await client.workflow.count(query)).count;
    },
    async finishedAt(since: number) {
      const finished = new Map<string, number>();
      const recent = `${query} AND StartTime >= '${new Date(since).toISOString()}'`;
      for await (const { workflowId, closeTime } of client.workflow.list({
        query: recent,
        pageSize: 1_000,
      })) {
        if (closeTime) finished.set(workflowId.slice(prefix.length), closeTime.getTime());
      }
      return finished;
    },
    workflowIdOf: (requestId: string) => `${prefix}${requestId}`,
  };
}
