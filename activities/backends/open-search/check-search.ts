import { randomUUID } from 'node:crypto';
import { asFault, BackendError, type FailureType, type Finding } from '../backend.ts';
import type { SearchClient } from './search-client.ts';
import { explainFailure, noSuchIndex } from './search-errors.ts';
import { type BulkItem, bulkLines, guardScript, readOutcome, type SearchGuard } from './search-guards.ts';
import type { SearchOptions } from './search-options.ts';

/** How many documents are checked. */
const SAMPLE = 20;
/** Since 2001 every time in ms is above this. A version below it was counted by the server. */
const LOWEST_TIME = 1e12;

const WHAT_TO_DO: Record<FailureType, string> = {
  Unreachable: 'check SEARCH_URL, SEARCH_CA (a CA of your own), and that the server is up',
  Busy: 'try again later',
  ServerError: 'repair the server or the index',
  Unauthorized:
    'check user and password in SEARCH_URL, and that they may read, and delete from, SEARCH_INDEX',
  Rejected: 'check SEARCH_INDEX and SEARCH_GUARD',
};

type Hit = { _version?: number; _source?: Record<string, unknown> };

/** Looks for the index, tries to delete a document that does not exist, and checks in a sample what the guard needs. */
export async function checkSearch(client: SearchClient, options: SearchOptions): Promise<Finding[]> {
  const { index, guard } = options;
  try {
    if (!(await client.hasIndex(`looking for ${index}`, index)))
      throw noSuchIndex(`looking for ${index} at ${client.where}`);
    await tryDelete(client, options);
    const ok: Finding = { state: 'ok', message: `${client.where}: ${index} is there, deleting allowed` };
    return [ok, ...(await checkGuard(client, index, guard))];
  } catch (error) {
    return [describeFault(error)];
  }
}

function describeFault(error: unknown): Finding {
  if (!(error instanceof BackendError)) return { state: 'fault', message: String(error) };
  return asFault(error, WHAT_TO_DO);
}

async function tryDelete(client: SearchClient, { index, guard }: SearchOptions): Promise<void> {
  const body = checkLines(guard, `unfriend-check-${randomUUID()}`);
  const what = `trying to delete from ${index}`;
  const answer = await client.ask<{ items?: Record<string, BulkItem>[] }>(what, (api) =>
    api.bulk({ index, body }),
  );
  const item = Object.values(answer.items?.[0] ?? {})[0];
  if (item && readOutcome(guard, item)) return;
  throw explainFailure(`${what} at ${client.where}`, item ?? { status: 500 });
}

/** A script runs only on an existing document. `upsert` pretends one that is newer, so the script writes nothing. */
function checkLines(guard: SearchGuard, id: string): object[] {
  if (guard.kind !== 'field') return bulkLines({ kind: 'none' }, id, 0);
  const now = Date.now();
  const upsert = { [guard.field]: now };
  return [{ update: { _id: id } }, { ...guardScript(guard.field, now - 1), scripted_upsert: true, upsert }];
}

async function checkGuard(client: SearchClient, index: string, guard: SearchGuard): Promise<Finding[]> {
  if (guard.kind === 'none') {
    const message = 'SEARCH_GUARD=none: a late delete also removes a document that was indexed again';
    return [{ state: 'warning', message: `${message}; set external or field:<name>` }];
  }
  const what = `sampling ${index}`;
  const source = guard.kind === 'field' ? [guard.field] : false;
  const search = { index, body: { size: SAMPLE, version: true, _source: source } };
  try {
    const { hits } = await client.ask<{ hits: { hits: Hit[] } }>(what, (api) => api.search(search) as never);
    const finding = guard.kind === 'external' ? checkVersions(hits.hits) : checkTimes(hits.hits, guard.field);
    return [finding];
  } catch (error) {
    const { message } = describeFault(error);
    return [{ state: 'warning', message: `cannot tell whether SEARCH_GUARD works: ${message}` }];
  }
}

function checkVersions(hits: Hit[]): Finding {
  const low = hits.filter(({ _version = 0 }) => _version < LOWEST_TIME).length;
  if (hits.length === 0)
    return { state: 'warning', message: emptyIndex('that the app indexes with external versions in ms') };
  if (low === 0)
    return {
      state: 'ok',
      message: `SEARCH_GUARD=external: versions of ${hits.length} documents are times in ms`,
    };
  const message = `SEARCH_GUARD=external: ${low} of ${hits.length} documents have a version that is not a time in ms, so a late delete can remove a newer document`;
  return {
    state: 'warning',
    message: `${message}; index with version_type=external and the time in ms, or set SEARCH_GUARD=field:<name>`,
  };
}

function checkTimes(hits: Hit[], field: string): Finding {
  const without = hits.filter(({ _source = {} }) => !isTime(valueAt(_source, field))).length;
  if (hits.length === 0)
    return { state: 'warning', message: emptyIndex(`that documents have a time in ${field}`) };
  if (without === 0)
    return {
      state: 'ok',
      message: `SEARCH_GUARD=field:${field}: ${hits.length} documents have a time in it`,
    };
  const message = `SEARCH_GUARD=field:${field}: ${without} of ${hits.length} documents have no time in it and cannot be deleted`;
  const state = without === hits.length ? 'fault' : 'warning';
  return { state, message: `${message}; name a field that holds ms since 1970 or ISO 8601, and fill it in` };
}

function emptyIndex(whatToCheck: string): string {
  return `the index is empty: make sure ${whatToCheck}`;
}

function valueAt(source: Record<string, unknown>, field: string): unknown {
  if (source[field] !== undefined) return source[field];
  return field
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], source);
}

/** Accepts about the same values as the script of the guard. */
function isTime(value: unknown): boolean {
  if (typeof value === 'number') return value >= 1e11;
  if (typeof value !== 'string') return false;
  return /^\d{12,}$/.test(value) || (/\d[T ]\d/.test(value) && !Number.isNaN(Date.parse(value)));
}
