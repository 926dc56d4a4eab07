import { BEFRIENDED, type SideEffectInput } from '../workflows/contract.ts';
import type { ActivityOutcomes } from './activity-outcomes.ts';
import { askFriendships } from './ask-friendships.ts';
import type { Fence } from './backends/friendships.ts';
import type { InputUnit } from './input-units.ts';

/** `open`: the units that have no outcome yet. */
type Passing = { input: SideEffectInput; open: InputUnit[]; outcomes: ActivityOutcomes; signal: AbortSignal };

/**
 * Asks the vendor before a late try. Units whose pairs are all friends again are done, as `befriended`. Where the vendor
 * does not say it, the unit fails: nothing is guessed. A message that has at least one pair of former friends is sent,
 * with all its pairs, because a message has the same bytes on every try.
 *
 * @returns the units to do
 */
export async function passFence(
  { friendships, after }: Fence,
  { input, open, outcomes, signal }: Passing,
): Promise<InputUnit[]> {
  const isLate = Date.now() - input.delivery.receivedAt > after;
  if (!isLate || open.length === 0) return open;
  const pairsOf = ({ outcomes: indices }: InputUnit) => indices.flatMap((index) => input.pairs[index] ?? []);
  const answerFor = await askFriendships(friendships, open.flatMap(pairsOf), signal);
  return open.filter((unit) => {
    const answers = pairsOf(unit).map(answerFor);
    if (answers.length === 0 || answers.includes(false)) return true;
    const failure = answers.find((answer) => answer !== true);
    if (failure) outcomes.fail(unit.outcomes, failure);
    else outcomes.succeed(unit.outcomes, BEFRIENDED);
    return false;
  });
}
