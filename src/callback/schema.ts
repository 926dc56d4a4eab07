import { z } from 'zod';
import { type Pair, pairKey } from '../../workflows/contract.ts';
import { USER_ID } from '../../workflows/user-id.ts';

/** The one command that Unfriend processes. Every other command of the app arrives at the same URL. */
export const FRIEND_DELETE = 'Sns.CallbackFriendDelete';

const userId = z.string().regex(USER_ID, 'expected 1–32 bytes of printable ASCII');

/** Unknown fields are ignored, never rejected: the vendor adds some without notice. */
const pairSchema = z.object({ From_Account: userId, To_Account: userId });
const friendDelete = z.object({ PairList: z.array(z.unknown()).min(1, 'expected at least one pair') });

/** The distinct pairs in the order in which they came, or `fault`: where the schema is broken, and how. */
export type ParsedPairs = { pairs: Pair[] } | { fault: string };

/** Reads the pairs of a friend-delete body that is already JSON. Exact repeats collapse into one. */
export function parsePairs(body: unknown): ParsedPairs {
  const list = friendDelete.safeParse(body);
  if (!list.success) return { fault: describeFirstIssue(list.error, []) };

  const distinct = new Map<string, Pair>();
  // Pair by pair, up to the first fault: zod would look for every fault of a large list, and the sender waits only 2 s.
  for (const [index, item] of list.data.PairList.entries()) {
    const pair = pairSchema.safeParse(item);
    if (!pair.success) return { fault: describeFirstIssue(pair.error, ['PairList', index]) };
    const { From_Account: from, To_Account: to } = pair.data;
    distinct.set(pairKey({ from, to }), { from, to });
  }
  return { pairs: [...distinct.values()] };
}

/** `PairList[3].To_Account: expected …`. Names the place and never repeats the content. */
function describeFirstIssue(error: z.ZodError, path: PropertyKey[]): string {
  const [issue] = error.issues;
  if (!issue) return 'body: not a friend-delete callback';
  return `${z.core.toDotPath([...path, ...issue.path]) || 'body'}: ${issue.message}`;
}
