import type { AttentionSummary } from '../../temporal/attention/narrow-attention.ts';

type Counts = Pick<AttentionSummary, 'open' | 'closed'> & { paused?: number };

/** `1 waits for a person, 0 ended with side effects undone` */
export function describeCounts({ open, closed, paused = 0 }: Counts): string {
  const ofThem = paused > 0 ? ` (${paused} ${paused === 1 ? 'is' : 'are'} paused)` : '';
  return `${open} ${open === 1 ? 'waits' : 'wait'} for a person${ofThem}, ${closed} ended with side effects undone`;
}
