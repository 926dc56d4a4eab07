import type { Message, RelayedCallback, SideEffectInput } from '../workflows/contract.ts';

/** A pair, a message or the callback, with the positions of its outcomes. Those of pairs are as in the input. */
export type InputUnit = { outcomes: number[]; message?: Message; callback?: RelayedCallback };

export function unitsOf({ pairs, messages, callback }: SideEffectInput): InputUnit[] {
  if (callback) return [{ callback, outcomes: [0] }];
  if (!messages) return pairs.map((_, index) => ({ outcomes: [index] }));
  let next = 0;
  return messages.map(({ pairs: count, ...message }) => {
    const first = next;
    next += count;
    return { message, outcomes: Array.from({ length: count }, (_, index) => first + index) };
  });
}
