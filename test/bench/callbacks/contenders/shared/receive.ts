import { handWrittenReceiver, listen } from '../../../programs/hand-written.ts';
import type { Pair } from './effects.ts';

/** A receiver written by hand, which answers once `keep` is through. */
export function receive(keep: (callback: { id: string; pairs: Pair[] }) => Promise<unknown>): void {
  listen(
    handWrittenReceiver(({ requestId, body }) => {
      const pairs = body.PairList.map(({ From_Account, To_Account }) => ({
        from: From_Account,
        to: To_Account,
      }));
      return keep({ id: requestId, pairs });
    }),
  );
}
