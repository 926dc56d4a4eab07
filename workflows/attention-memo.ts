import { upsertMemo, workflowInfo } from '@temporalio/workflow';
import { ATTENTION_MEMO, type AttentionMemo, type FailureInfo } from './contract.ts';
import type { DeliveryProgress } from './progress.ts';

/** Bounds the memo, which a list of thousands of deliveries brings along for each. */
const MAX_TYPES = 10;
const MAX_TYPE_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 200;

/**
 * Tells those who list deliveries what a person is waited for: a list brings memos along, so nobody has to query each
 * workflow, which would need a worker. Costs history, so only when it says something new.
 *
 * @param isNew whether it did not need attention until now
 */
export function publishAttention(progress: DeliveryProgress, isNew: boolean): void {
  const known = workflowInfo().memo?.[ATTENTION_MEMO] as AttentionMemo | undefined;
  const since = (isNew ? undefined : known?.since) ?? Date.now();
  const memo: AttentionMemo = { since, ...describeAttention(progress) };
  if (JSON.stringify(memo) !== JSON.stringify(known)) upsertMemo({ [ATTENTION_MEMO]: memo });
}

/** The same for the same progress, and bounded whatever failed. */
export function describeAttention(progress: DeliveryProgress): Omit<AttentionMemo, 'since'> {
  const counts = progress.sideEffects.map(({ name, counts }) => [name, counts.parked] as const);
  const parked = Object.fromEntries(counts.filter(([, count]) => count > 0));
  return { parked, errors: summarise(progress) };
}

/** By type, each with the message that most of it has, so that no type is missing for the messages of another. */
function summarise(progress: DeliveryProgress): AttentionMemo['errors'] {
  const byType = new Map<string, FailureInfo & { count: number }>();
  for (const { type, message, count } of byCount(progress.errors())) {
    const known = byType.get(type);
    if (known) known.count += count;
    else
      byType.set(type, {
        type: cut(type, MAX_TYPE_LENGTH),
        message: cut(message, MAX_MESSAGE_LENGTH),
        count,
      });
  }
  return byCount([...byType.values()]).slice(0, MAX_TYPES);
}

function byCount<T extends { count: number }>(errors: readonly T[]): T[] {
  return [...errors].sort((a, b) => b.count - a.count);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
