import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { searchAttributes as contract } from '../../workflows/contract.ts';
import type { TemporalSettings } from '../config/settings.ts';
import { isTemporalCloud } from '../config/temporal.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

/** How the Temporal CLI spells each type, and how the API numbers it. */
const TYPES = {
  KEYWORD: { cli: 'Keyword', api: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD },
  KEYWORD_LIST: { cli: 'KeywordList', api: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST },
  INT: { cli: 'Int', api: IndexedValueType.INDEXED_VALUE_TYPE_INT },
} as const;

/** The search attributes that the workflow uses, for the Temporal CLI and its API. */
export const REQUIRED_SEARCH_ATTRIBUTES = Object.values(contract).map(({ name, type }) => ({
  name,
  ...TYPES[type],
}));

const REGISTRATION_MS = 60_000;
const POLL_MS = 200;

/** The names of the required search attributes that the namespace lacks. */
export async function missingSearchAttributes(client: Client): Promise<string[]> {
  const { namespace } = client.options;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  return REQUIRED_SEARCH_ATTRIBUTES.map(({ name }) => name).filter((name) => !(name in customAttributes));
}

/** Creates those that are missing, waits until the server knows them, and returns their names. */
export async function createSearchAttributes(client: Client): Promise<string[]> {
  const missing = await missingSearchAttributes(client);
  if (missing.length === 0) return [];
  await addSearchAttributes(client, missing);
  await waitUntilKnown(client);
  return missing;
}

export async function addSearchAttributes(client: Client, names: readonly string[]): Promise<void> {
  const { namespace } = client.options;
  const wanted = REQUIRED_SEARCH_ATTRIBUTES.filter(({ name }) => names.includes(name));
  const searchAttributes = Object.fromEntries(wanted.map(({ name, api }) => [name, api]));
  await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

/** Servers cache the list, so new search attributes show up only after a while. */
async function waitUntilKnown(client: Client): Promise<void> {
  const deadline = Date.now() + REGISTRATION_MS;
  while ((await missingSearchAttributes(client)).length > 0) {
    if (Date.now() > deadline)
      throw new Error('the search attributes were created but do not show up yet: try again');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The commands for somebody who has the right to create search attributes. */
export function creationCommands(
  { namespace, connectionOptions }: TemporalSettings,
  names: readonly string[],
): string[] {
  // https://docs.temporal.io/cloud/tcld/namespace#search-attributes
  const isCloud = isTemporalCloud(connectionOptions.address);
  return REQUIRED_SEARCH_ATTRIBUTES.filter(({ name }) => names.includes(name)).map(({ name, cli }) =>
    isCloud
      ? `tcld namespace search-attributes add --namespace ${namespace} --search-attribute ${name}=${cli}`
      : `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${cli}`,
  );
}
