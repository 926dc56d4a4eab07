import { NEEDS_PERSON } from './attention/attention-query.ts';

/** The page of one workflow run in the Temporal UI. */
export function workflowPage(
  uiUrl: string,
  run: { namespace: string; workflowId: string; runId: string },
): string {
  return pageOf(uiUrl, ['namespaces', run.namespace, 'workflows', run.workflowId, run.runId, 'history']);
}

/** The Temporal UI's list of what needs a person. It also has what was taken up since: no query can leave that out. */
export function attentionPage(uiUrl: string, namespace: string): string {
  return listPage(uiUrl, namespace, NEEDS_PERSON);
}

/** The Temporal UI's list of what a query finds. */
export function listPage(uiUrl: string, namespace: string, query: string): string {
  const list = pageOf(uiUrl, ['namespaces', namespace, 'workflows']);
  return `${list}?query=${encodeURIComponent(query)}`;
}

function pageOf(uiUrl: string, path: string[]): string {
  return `${uiUrl}/${path.map(encodeURIComponent).join('/')}`;
}
