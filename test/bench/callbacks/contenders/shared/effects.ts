/** The side effects of one pair, as a team would write them with the usual clients. */
import { Client } from '@opensearch-project/opensearch';
import { Redis } from 'ioredis';
import { Webhook } from 'standardwebhooks';
import { fetch } from 'undici';

export type Pair = { from: string; to: string };

const {
  CACHE_URL = '',
  SEARCH_URL = '',
  SEARCH_INDEX = '',
  NOTIFY_URL = '',
  NOTIFY_SECRET = '',
} = process.env;

const redis = new Redis(CACHE_URL);
const search = new Client({ node: SEARCH_URL });
const webhook = new Webhook(NOTIFY_SECRET, { format: 'raw' });

export async function clearCaches({ from, to }: Pair): Promise<void> {
  const results = await redis.pipeline().unlink(`friends:${from}`).unlink(`friend:${from}:${to}`).exec();
  for (const [error] of results ?? []) if (error) throw error;
}

export async function updateSearchIndex({ from, to }: Pair): Promise<void> {
  // A document that is gone already is what was wanted.
  await search.delete({ index: SEARCH_INDEX, id: `${from}:${to}` }, { ignore: [404] });
}

/** @param id the same on each retry, so that the endpoint knows a repeat */
export async function notifyUsers(pair: Pair, id: string): Promise<void> {
  const timestamp = new Date();
  const body = JSON.stringify({
    type: 'friend.deleted',
    timestamp: timestamp.toISOString(),
    data: { recipient: pair.from, pairs: [pair] },
  });
  const messageId = `${id}/${pair.from}/${pair.to}`;
  const response = await fetch(NOTIFY_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': messageId,
      'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1_000)),
      'webhook-signature': webhook.sign(messageId, timestamp, body),
    },
    body,
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the endpoint answered ${response.status}`);
}

/** All side effects of all pairs, side by side: what a job of a queue does. */
export async function processCallback({ id, pairs }: { id: string; pairs: Pair[] }): Promise<void> {
  await Promise.all(
    pairs.flatMap((pair) => [clearCaches(pair), updateSearchIndex(pair), notifyUsers(pair, id)]),
  );
}
