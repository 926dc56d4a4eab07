import type { Client } from '@temporalio/client';
import type { ServiceRole } from '../../config/role.ts';
import { readSettings, type Settings, SettingsError } from '../../config/settings.ts';
import { createClient, describeRpcError } from '../../temporal/connect.ts';
import { missingSearchAttributes } from '../../temporal/search-attributes.ts';
import { readQueue } from '../../temporal/watch.ts';
import type { CliContext } from '../context.ts';
import { checkJournal } from './check-journal.ts';
import type { Finding } from './finding.ts';

/** The commands that `check` can be asked about. */
type CheckedRole = Exclude<ServiceRole, 'demo'>;

/** Looks at all that a command needs. Reports faults of the settings alone: without settings nothing can be reached. */
export async function checkAll({ environment }: CliContext, command: CheckedRole): Promise<Finding[]> {
  let settings: Settings;
  try {
    settings = readSettings(environment, command);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const faults = error.faults.map(
      (message): Finding => ({ component: 'settings', state: 'fault', message }),
    );
    return [...faults, ...warnMisspelt(error)];
  }
  const [backends, temporal] = await Promise.all([checkBackends(settings), checkTemporal(settings)]);
  const journal = settings.parts.receiver ? await checkJournal(settings) : [];
  return [...checkSettings(settings), ...backends, ...journal, ...temporal];
}

/** A warning only: the name may be another program's. */
function warnMisspelt({ misspelt }: { misspelt: readonly string[] }): Finding[] {
  return misspelt.map((message) => ({ component: 'settings', state: 'warning', message }));
}

function checkSettings(settings: Settings): Finding[] {
  const { callback, http } = settings;
  const found: Finding[] = [
    { component: 'settings', state: 'ok', message: 'all valid' },
    ...warnMisspelt(settings),
  ];
  if (callback.tokens.length === 0) {
    const message = `callbacks are not authenticated: anyone who reaches ${http.host} can send one; set CALLBACK_TOKEN to the token of the console's callback settings`;
    found.push({ component: 'callback token', state: 'warning', message });
  }
  return found;
}

/**
 * Reaches the backends of whoever runs side effects. `serve` only needs to know which of them are off; but the endpoint
 * behind a receiver is its own to reach.
 */
async function checkBackends(settings: Settings): Promise<Finding[]> {
  const { createBackends } = await import('../../service/backends.ts');
  const { bySetting, close } = createBackends(settings);
  const { parts, cache, search, notify, relay } = settings;
  const urls = {
    CACHE_URL: cache.url,
    SEARCH_URL: search.url,
    NOTIFY_URL: notify.url,
    RELAY_URL: relay?.url ?? 'off',
  };
  try {
    const findings = Object.entries(urls).map(async ([component, url]): Promise<Finding[]> => {
      if (url === 'off') return [{ component, state: 'ok', message: 'off' }];
      const isReached = parts.worker || url === 'embedded' || component === 'RELAY_URL';
      const found = isReached ? await bySetting.get(component)?.check() : undefined;
      if (!found) return [{ component, state: 'ok', message: 'set; npx unfriend check work reaches it' }];
      return found.map((finding) => ({ component, ...finding }));
    });
    return (await Promise.all(findings)).flat();
  } finally {
    await close();
  }
}

async function checkTemporal({ temporal: settings, taskQueue }: Settings): Promise<Finding[]> {
  const component = 'Temporal';
  const address = settings.connectionOptions.address;
  if (!settings.configured) {
    const message = `none configured: start runs a local server; serve and work use ${address}. Set TEMPORAL_ADDRESS`;
    return [{ component, state: 'warning', message }];
  }
  const client = createClient(settings);
  try {
    const missing = await missingSearchAttributes(client);
    return [
      { component, state: 'ok', message: `${address}, namespace ${settings.namespace}` },
      missing.length === 0
        ? { component: 'search attributes', state: 'ok', message: 'all there' }
        : {
            component: 'search attributes',
            state: 'fault',
            message: `missing: ${missing.join(', ')}; run npx unfriend setup`,
          },
      await checkWorkers(client, taskQueue),
    ];
  } catch (error) {
    const message = `${address}, namespace ${settings.namespace}: ${describeRpcError(error)}; check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and TEMPORAL_TLS*`;
    return [{ component, state: 'fault', message }];
  } finally {
    await client.connection.close();
  }
}

async function checkWorkers(client: Client, taskQueue: string): Promise<Finding> {
  const { pollers } = await readQueue(client, taskQueue, 'activity');
  const component = 'workers';
  if (pollers > 0) return { component, state: 'ok', message: `${pollers} polling ${taskQueue}` };
  return {
    component,
    state: 'warning',
    message: `none polls ${taskQueue}: start one with npx unfriend work`,
  };
}
