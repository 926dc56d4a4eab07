import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { ACCOUNTS_CUT_MEMO, FEWEST_PAIRS_CUT, searchAttributes } from '../../../workflows/contract.ts';
import { pagesOfRuns, type Run } from '../attention/list-runs.ts';
import { largeQuery, NOT_INDEXED, RECONCILED, RELAYED } from './carrier-query.ts';
import { type SoughtAccount, storedAs } from './sought-account.ts';

/** How many rows a page has. Each row can carry a few KB of memo and accounts. */
const PAGE = 500;

/**
 * Yields the runs that the query finds and whose own list has the account, page by page, each once: pages shift while
 * deliveries come and go.
 *
 * @param query of carrier-query.ts
 */
export async function* findCarriers(
  client: Client,
  sought: SoughtAccount,
  query: string,
): AsyncGenerator<Run> {
  const seen = new Set<string>();
  for await (const page of pagesOfRuns(client, { query, pageSize: PAGE })) {
    for (const run of page) {
      const runId = run.execution?.runId ?? '';
      if (seen.has(runId) || !carries(run, sought)) continue;
      seen.add(runId);
      yield run;
    }
  }
}

/** How many deliveries may carry the account although no search can show it. */
export type NotSearchable = {
  /** Their list of accounts was cut to what fits, and does not have the account. */
  cut: number;
  /** They have no list: `INDEX_ACCOUNTS` was `off` when they began. */
  notIndexed: number;
  /** Callbacks of other commands, which have no list. */
  relayed: number;
  /** Runs of `reconcile`, which have no list. */
  reconciled: number;
};

/** Counts what a search for the account can't look into, open and closed. */
export async function countNotSearchable(client: Client, sought: SoughtAccount): Promise<NotSearchable> {
  let cut = 0;
  for await (const page of pagesOfRuns(client, { query: largeQuery(FEWEST_PAIRS_CUT), pageSize: PAGE }))
    cut += page.filter((run) => isCut(run) && !carries(run, sought)).length;
  const [notIndexed, relayed, reconciled] = await Promise.all(
    [NOT_INDEXED, RELAYED, RECONCILED].map(async (query) => (await client.workflow.count(query)).count),
  );
  return { cut, notIndexed: notIndexed ?? 0, relayed: relayed ?? 0, reconciled: reconciled ?? 0 };
}

/** The memo's field is there only if it is true, so nothing has to be decrypted. */
function isCut({ memo }: Run): boolean {
  return Object.hasOwn(memo?.fields ?? {}, ACCOUNTS_CUT_MEMO);
}

/** Whether the run's own list has the account. */
export function carries(run: Run, sought: SoughtAccount): boolean {
  const accounts = readAttribute<string[]>(run, searchAttributes.accounts.name) ?? [];
  return storedAs(sought).some((value) => accounts.includes(value));
}

/** Search attributes are never encrypted, unlike the memo. */
export function readAttribute<T>({ searchAttributes: attributes }: Run, name: string): T | undefined {
  const payload = attributes?.indexedFields?.[name];
  return payload ? defaultPayloadConverter.fromPayload<T>(payload) : undefined;
}
