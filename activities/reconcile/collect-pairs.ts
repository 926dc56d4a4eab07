import { type Pair, pairKey, type ReconcilePosition } from '../../workflows/contract.ts';
import type { SearchIndex } from '../backends/search-index.ts';
import type { DocumentIds } from '../document-ids.ts';

/**
 * One call to the vendor asks about friends of one account, and the index has the friends of an account anywhere. With
 * more pairs together there are fewer calls. They take about 10 MB.
 */
const MOST_PAIRS = 50_000;
const MOST_DOCUMENTS = 500_000;

type Collected = { pairs: Pair[]; end: number; documents: number; unreadable: number };
type Source = { searchIndex: SearchIndex; documentIds: DocumentIds };

/**
 * Reads documents from where the run is, up to the end of a part that was begun, or until there are enough of them.
 *
 * @param accounts absent: the pairs of all accounts
 * @returns the pairs in order, each once
 */
export async function collectPairs(
  { searchIndex, documentIds }: Source,
  { position, accounts }: { position: ReconcilePosition; accounts: readonly string[] | undefined },
  signal: AbortSignal,
): Promise<Collected> {
  const wanted = accounts && new Set(accounts);
  const bound = position.end ?? position.until;
  const pairs = new Map<string, Pair>();
  let [end, documents, unreadable] = [position.after, 0, 0];
  const isFull = () =>
    position.end === undefined && (pairs.size >= MOST_PAIRS || documents >= MOST_DOCUMENTS);
  while (end < bound && !isFull()) {
    const range = { after: end, until: bound, limit: MOST_PAIRS };
    const { ids, upTo } = await searchIndex.listIds(range, signal);
    for (const id of ids) {
      const pair = documentIds.read(id);
      documents += 1;
      if (!pair) unreadable += 1;
      else if (!wanted || wanted.has(pair.from) || wanted.has(pair.to)) pairs.set(pairKey(pair), pair);
    }
    end = upTo;
  }
  return { pairs: [...pairs.values()].sort(compare), end, documents, unreadable };
}

/** Whether a pair comes after another one in the order of {@link collectPairs}. */
export function isAfter(pair: Pair, other: Pair): boolean {
  return compare(pair, other) > 0;
}

function compare(one: Pair, other: Pair): number {
  return compareText(one.from, other.from) || compareText(one.to, other.to);
}

/** Compares code units: the order must be the same on every worker. */
function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
