import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Attention } from '../attention/attention.ts';
import { searchAttributes } from '../contract.ts';
import { publishAttention } from './attention-memo.ts';
import type { DeliveryProgress } from './progress.ts';

/**
 * Shows people where the delivery stands. The current details write no history, so they are set every time. Search
 * attributes and memo do, so they are written only when the status changes.
 */
export function publishProgress(progress: DeliveryProgress, attention: Attention): void {
  setCurrentDetails(progress.table() + attention.describe(progress.parked));
  const published = workflowInfo().typedSearchAttributes.get(searchAttributes.status);
  if (published === progress.status) return;
  upsertSearchAttributes([{ key: searchAttributes.status, value: progress.status }]);
  // Replay: workflows that an older version has started without ATTENTION_FOR have no memo upsert in their history.
  if (progress.status === 'NeedsAttention' && attention.isEnabled) publishAttention(progress, true);
}
