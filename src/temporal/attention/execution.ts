/** Temporal's own words for a workflow that is not closed. */
const OPEN: readonly string[] = ['RUNNING', 'PAUSED'];

/** Whether the workflow goes on, by itself or once somebody unpauses it. Only what is closed needs a new workflow. */
export function isOpen(execution: string): boolean {
  return OPEN.includes(execution);
}

/** For people: `open`, `paused`, `terminated`, `timed out`, … */
export function describeExecution(execution: string): string {
  if (execution === 'RUNNING') return 'open';
  if (execution === 'CANCELED') return 'cancelled';
  return execution.toLowerCase().replaceAll('_', ' ');
}

/** The command of Temporal's own CLI. In the UI it is *More Actions*, *Unpause Workflow*. */
export function unpauseCommand(workflowId: string, namespace: string): string {
  const where = namespace === 'default' ? '' : ` --namespace ${namespace}`;
  return `temporal workflow unpause${where} --workflow-id ${workflowId}`;
}
