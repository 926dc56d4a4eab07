import type { ServiceRole } from '../../config/role.ts';
import { readSettings, type Settings, SettingsError } from '../../config/settings.ts';
import { createClient, explainRpcError } from '../../temporal/connect.ts';
import { missingSearchAttributes } from '../../temporal/search-attributes.ts';
import type { CliContext } from '../context.ts';
import { checkJournal } from './check-journal.ts';
import { checkWorkers } from './check-workers.ts';
import type { Finding } from './finding.ts';

/** The commands that `check` can be asked about. */
type CheckedRole = Exclude<ServiceRole, 'demo'>;

/** Looks at all that a command needs. If the settings have faults, it reports only those: nothing can be reached then. */
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
  const receiver = settings.parts.receiver ? await checkReceiver(settings) : [];
  return [...checkSettings(settings), ...backends, ...receiver, ...temporal];
}

async function checkReceiver(settings: Settings): Promise<Finding[]> {
  const { checkDoor } = await import('./check-door.ts');
  return [...(await checkDoor(settings)), ...(await checkJournal(settings))];
}

/** A warning only: the name may be another program's. */
function warnMisspelt({ misspelt }: { misspelt: readonly string[] }): Finding[] {
  return misspelt.map((message) => ({ component: 'settings', state: 'warning', message }));
}

function checkSettings(settings: Settings): Finding[] {
  return [
    { component: 'settings', state: 'ok', message: 'all valid' },
    ...warnMisspelt(settings),
    ...warnWithoutToken(settings),
  ];
}

/** Receivers check callbacks with the token. Workers sign with it what they relay, and need it for nothing else. */
function warnWithoutToken({ callback, http, parts, relay }: Settings): Finding[] {
  if (callback.tokens.length > 0 || !(parts.receiver || relay)) return [];
  const consequence = parts.receiver
    ? `callbacks are not authenticated: anyone who reaches ${http.host} can send one`
    : 'callbacks are relayed without Sign: an endpoint that checks it refuses them';
  const message = `${consequence}; set CALLBACK_TOKEN to the token of the console's callback settings`;
  return [{ component: 'callback token', state: 'warning', message }];
}

/**
 * Reaches the backends when the command runs side effects. `serve` only needs to know which of them are off. The endpoint
 * is reached for both: receivers pass callbacks through to it, and workers relay callbacks to it.
 */
async function checkBackends(settings: Settings): Promise<Finding[]> {
  const { createBackends } = await import('../../service/backends.ts');
  const { bySetting, close } = await createBackends(settings);
  const { parts, cache, search, notify, relay, fence } = settings;
  const urls = {
    CACHE_URL: cache.url,
    SEARCH_URL: search.url,
    NOTIFY_URL: notify.users,
    ...(relay && { RELAY_URL: relay.url }),
    ...(fence && { FENCE: 'on' }),
  };
  try {
    const findings = Object.entries(urls).map(async ([component, url]): Promise<Finding[]> => {
      if (url === 'off') return [{ component, state: 'ok', message: 'off' }];
      const isReached = parts.worker || url === 'embedded' || component === 'RELAY_URL';
      const reached = isReached ? (bySetting.get(component) ?? []) : [];
      if (reached.length === 0)
        return [{ component, state: 'ok', message: 'set; run npx unfriend check work to reach it' }];
      const found = await Promise.all(reached.map((backend) => backend.check()));
      return found.flat().map((finding) => ({ component, ...finding }));
    });
    return (await Promise.all(findings)).flat();
  } finally {
    await close();
  }
}

async function checkTemporal({ temporal: settings, taskQueue, workerVersion }: Settings): Promise<Finding[]> {
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
      ...(await checkWorkers(client, taskQueue, workerVersion)),
    ];
  } catch (error) {
    const reason = explainRpcError(error, 'check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and TEMPORAL_TLS*');
    const message = `${address}, namespace ${settings.namespace}: ${reason}`;
    return [{ component, state: 'fault', message }];
  } finally {
    await client.connection.close();
  }
}
