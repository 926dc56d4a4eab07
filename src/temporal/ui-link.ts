/** The page of one workflow run in the Temporal UI. */
export function workflowPage(
  uiUrl: string,
  run: { namespace: string; workflowId: string; runId: string },
): string {
  const path = ['namespaces', run.namespace, 'workflows', run.workflowId, run.runId, 'history'];
  return `${uiUrl}/${path.map(encodeURIComponent).join('/')}`;
}
