import type { FriendDeletedMessage } from '../../../activities/backends/messenger.ts';
import type { Pair } from '../../../workflows/contract.ts';
import { groupBy } from '../group-by.ts';
import { asText } from '../recorded-acts.ts';

/**
 * What is wrong with the messages of one delivery that each `from` should have got: every part once, and all its
 * pairs in them once.
 */
export function faultsOfMessages(
  messages: readonly FriendDeletedMessage[],
  pairs: readonly Pair[],
): string[] {
  const expected = groupBy(pairs, ({ from }) => from);
  const got = groupBy(messages, ({ data }) => data.recipient);
  const strangers = [...got.keys()].filter((recipient) => !expected.has(recipient));
  return [
    ...strangers.map((recipient) => `${recipient} should have got no message`),
    ...[...expected].flatMap(([recipient, own]) => faultsOfRecipient(recipient, got.get(recipient), own)),
  ];
}

function faultsOfRecipient(
  recipient: string,
  messages: readonly FriendDeletedMessage[] = [],
  pairs: readonly Pair[],
): string[] {
  const parts = messages.map(({ data }) => data.part).sort((a, b) => a - b);
  const wanted = Array.from({ length: messages[0]?.data.parts ?? 1 }, (_, index) => index + 1);
  const told = messages.flatMap(({ data }) => data.pairs.map(asText)).sort();
  const ended = pairs.map(asText).sort();
  return [
    ...(parts.join() === wanted.join() ? [] : [`${recipient} got parts ${parts.join()} of ${wanted.length}`]),
    ...(told.join() === ended.join()
      ? []
      : [`${recipient} was told ${told.length} of ${ended.length} pairs`]),
  ];
}
