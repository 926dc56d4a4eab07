import { upsertMemo, workflowInfo } from '@temporalio/workflow';
import { ATTENTION_MEMO, type AttentionMemo, type FailureInfo } from '../contract.ts';
import { shorten } from '../text.ts';
import type { DeliveryProgress } from './progress.ts';

/** These bound the memo: a list of thousands of deliveries contains the memo of each. */
const MAX_TYPES = 10;
const MAX_TYPE_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 200;

/**
 * Writes into the memo what a person has to look at. Lists of workflows contain the memo, so a command that lists
 * deliveries need not query each workflow, which only works while a worker runs. Each write is an event in the
 * history, so an unchanged memo is not written again.
 *
 * @param isNew whether the delivery needs attention only now
 */
export function publishAttention(progress: DeliveryProgress, isNew: boolean): void {
  const known = workflowInfo().memo?.[ATTENTION_MEMO] as AttentionMemo | undefined;
  const since = (isNew ? undefined : known?.since) ?? Date.now();
  const memo: AttentionMemo = { since, ...describeAttention(progress) };
  if (JSON.stringify(memo) !== JSON.stringify(known)) upsertMemo({ [ATTENTION_MEMO]: memo });
}

/** Equal for equal progress, and bounded in size. */
export function describeAttention(progress: DeliveryProgress): Omit<AttentionMemo, 'since'> {
  const counts = progress.sideEffects.map(({ name, counts }) => [name, counts.parked] as const);
  const parked = Object.fromEntries(counts.filter(([, count]) => count > 0));
  return { parked, errors: countByType(progress) };
}

/** One entry per failure type, with its most frequent message. So many messages of one type cannot hide another type. */
function countByType(progress: DeliveryProgress): AttentionMemo['errors'] {
  const byType = new Map<string, FailureInfo & { count: number }>();
  for (const { type, message, count } of mostFrequentFirst(progress.errors())) {
    const known = byType.get(type);
    if (known) known.count += count;
    else
      byType.set(type, {
        type: shorten(type, MAX_TYPE_LENGTH),
        message: shorten(message, MAX_MESSAGE_LENGTH),
        count,
      });
  }
  return mostFrequentFirst([...byType.values()]).slice(0, MAX_TYPES);
}

function mostFrequentFirst<T extends { count: number }>(errors: readonly T[]): T[] {
  return [...errors].sort((a, b) => b.count - a.count);
}
