import type { DocumentRange } from '../search-index.ts';
import type { SearchClient } from './search-client.ts';

/**
 * The number that the server gives to each write. Reading in its order needs neither a scroll nor a point in time: a read
 * can go on after any pause, and what the app indexes meanwhile is not in the range. Each shard numbers by itself, so
 * several documents can have one number.
 */
const NUMBER = '_seq_no';

/** How many documents are listed per request. */
const PAGE = 2_000;

type Answer = {
  hits: { total?: { value: number } | number; hits: { _id: string; sort?: number[] }[] };
};

export async function measure(
  client: SearchClient,
  index: string,
  signal: AbortSignal,
): Promise<{ documents: number; newest: number }> {
  const body = { size: 1, _source: false, track_total_hits: true, sort: inOrder('desc') };
  const { hits } = await client.ask<Answer>(
    `measuring ${index}`,
    (api) => api.search({ index, body } as never) as never,
    signal,
  );
  const documents = typeof hits.total === 'number' ? hits.total : (hits.total?.value ?? 0);
  return { documents, newest: hits.hits[0]?.sort?.[0] ?? -1 };
}

export async function listIds(
  client: SearchClient,
  { index, range: { after, until, limit } }: { index: string; range: DocumentRange },
  signal: AbortSignal,
): Promise<{ ids: string[]; upTo: number }> {
  const size = Math.min(PAGE, limit);
  const query = { range: { [NUMBER]: { gt: after, lte: until } } };
  const body = { size, _source: false, track_total_hits: false, query, sort: inOrder('asc') };
  const { hits } = await client.ask<Answer>(
    `listing ${index}`,
    (api) => api.search({ index, body } as never) as never,
    signal,
  );
  const found = hits.hits.map(({ _id, sort }) => ({ id: _id, number: sort?.[0] ?? until }));
  const last = found.at(-1);
  if (!last || found.length < size) return { ids: found.map(({ id }) => id), upTo: until };
  // The next page begins with the last number: documents of other shards can have it too.
  const whole = found.filter(({ number }) => number < last.number);
  if (whole.length === 0) return { ids: found.map(({ id }) => id), upTo: last.number };
  return { ids: whole.map(({ id }) => id), upTo: last.number - 1 };
}

/** A shard without documents does not know the number yet. */
function inOrder(order: 'asc' | 'desc') {
  return [{ [NUMBER]: { order, unmapped_type: 'long' } }];
}
