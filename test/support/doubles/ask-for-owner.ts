import { isLocked } from '../../../src/journal/folder/lock.ts';

/** Asks without a pause whether the journal given has an owner, and says when it has begun. Ends with its parent. */
const dir = process.argv[2] as string;
let toldOwned = false;
process.on('disconnect', () => process.exit());
process.send?.('asking');
setInterval(() => {
  const until = performance.now() + 5;
  while (performance.now() < until) {
    const owned = isLocked(dir);
    if (owned && !toldOwned) process.send?.('owned');
    toldOwned ||= owned;
  }
}, 0);
