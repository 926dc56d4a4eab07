import type { NoticeCondition, NoticeFacts } from '../../workflows/contract.ts';
import type { JournalPhase } from '../journal/opening-journal.ts';
import type { TemporalView } from '../temporal/watch.ts';

/** Whether a condition holds now. `isSo` undefined: it is not known, so that nothing changes. */
export type Reading = { condition: NoticeCondition; isSo: boolean | undefined; facts: NoticeFacts };

export function readNeedsPerson({ parked: state }: TemporalView): Reading {
  const { parked = 0, abandoned = 0 } = state ?? {};
  return { condition: 'needs-person', isSo: state && parked + abandoned > 0, facts: { parked, abandoned } };
}

export function readNoWorker({ workflows: state }: TemporalView): Reading {
  return {
    condition: 'no-worker',
    isSo: state && state.pollers === 0,
    facts: { backlog: state?.backlog ?? 0 },
  };
}

/**
 * @param after how long the oldest delivery may wait, in ms
 * @param now ms since the epoch
 */
export function readJournal(phase: JournalPhase, { after, now }: { after: number; now: number }): Reading {
  const condition = 'journal-stuck';
  if (phase.kind === 'opening') return { condition, isSo: undefined, facts: {} };
  if (phase.kind === 'fault') return { condition, isSo: true, facts: { unavailable: 1 } };
  const { unavailable, store } = phase.journal;
  const oldest = store.oldestPendingAt === undefined ? 0 : now - store.oldestPendingAt;
  return {
    condition,
    isSo: unavailable !== undefined || oldest > after,
    facts: {
      unavailable: unavailable === undefined ? 0 : 1,
      pending: store.pendingCount,
      oldestSeconds: Math.round(oldest / 1000),
    },
  };
}

/** More refusals than this within the time are no accident, and no single stranger. */
const MANY_REFUSALS = 10;

/**
 * Tells of callbacks that were refused within the last `window` ms: of each that is lost (503), and of the others if
 * there are many.
 */
export class RefusedCallbacks {
  readonly #window: number;
  readonly #samples: { at: number; counts: NoticeFacts }[] = [];

  constructor(window: number) {
    this.#window = window;
  }

  /**
   * @param counts how many callbacks this process has refused so far, by verdict
   * @param now on a monotonic clock, in ms
   */
  read(counts: NoticeFacts, now: number): Reading {
    this.#samples.push({ at: now, counts });
    while (this.#samples.length > 1 && (this.#samples[1]?.at ?? now) <= now - this.#window)
      this.#samples.shift();
    const before = this.#samples[0]?.counts ?? {};
    const facts = Object.fromEntries(
      Object.entries(counts).flatMap(([verdict, count]) => {
        const more = count - (before[verdict] ?? 0);
        return more > 0 ? [[verdict, more]] : [];
      }),
    );
    const { unavailable = 0, ...others } = facts;
    const many = Object.values(others).reduce((sum, count) => sum + count, 0) > MANY_REFUSALS;
    return { condition: 'callbacks-refused', isSo: unavailable > 0 || many, facts };
  }
}
