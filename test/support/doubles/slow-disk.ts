import { CommitQueue } from '../../../src/journal/commit-queue.ts';
import { type Deferred, deferred } from '../deferred.ts';

/** A disk whose commits end when the test says so. Writes are what they call `written` with. */
export function slowDisk() {
  const commits: { entries: string[]; end: Deferred<void> }[] = [];
  let current: string[] = [];
  const queue = new CommitQueue((writes) => {
    const end = deferred<void>();
    current = [];
    writes();
    commits.push({ entries: current, end });
    return end;
  });
  const written = (...entries: string[]) => void current.push(...entries);
  return { queue, commits, written };
}
