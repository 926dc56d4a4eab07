import { Argument, type Command } from '@commander-js/extra-typings';
import type { Client } from '@temporalio/client';
import { type Role, readSettings, type Settings, SettingsError } from '../../config/settings.ts';
import { createClient, describeRpcError } from '../../temporal/connect.ts';
import { missingSearchAttributes } from '../../temporal/search-attributes.ts';
import { readQueue } from '../../temporal/watch.ts';
import { type CliContext, EXIT } from '../context.ts';
import { print, printJson } from '../output.ts';
import { checkJournal } from './check-journal.ts';
import type { Finding } from './finding.ts';

export function addCheck(program: Command, context: CliContext): void {
  program
    .command('check')
    .description('validate the settings and reach every component once')
    .addArgument(
      new Argument('[command]', 'for which command').choices(['start', 'serve', 'work']).default('start'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Exits 1 when anything is at fault.

Examples:
  $ TEMPORAL_ADDRESS=temporal:7233 SDK_APP_ID=1400000000 npx unfriend check
  $ NODE_ENV=production TEMPORAL_ADDRESS=temporal:7233 npx unfriend check work`,
    )
    .action(async (command, options) => {
      const findings = await checkAll(context, command);
      const ok = findings.every(({ state }) => state !== 'fault');
      if (options.json) printJson({ ok, findings });
      else for (const finding of findings) print(format(finding));
      context.exitCode = ok ? EXIT.done : EXIT.failed;
    });
}

const ROLES: Record<string, Role> = { start: 'start', serve: 'receive', work: 'work' };

async function checkAll({ environment }: CliContext, command: string): Promise<Finding[]> {
  let settings: Settings;
  try {
    settings = readSettings(environment, ROLES[command] ?? 'start');
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const faults = error.faults.map(
      (message): Finding => ({ component: 'settings', state: 'fault', message }),
    );
    return [...faults, ...warnMisspelt(error)];
  }
  const [backends, temporal] = await Promise.all([checkBackends(settings, command), checkTemporal(settings)]);
  const journal = command === 'work' ? [] : await checkJournal(settings);
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

/** Reaches the backends of whoever runs side effects; `serve` only needs to know which of them are off. */
async function checkBackends(settings: Settings, command: string): Promise<Finding[]> {
  const { createBackends } = await import('../../service/backends.ts');
  const { bySetting, close } = createBackends(settings);
  const { cache, search, notify } = settings;
  const urls = { CACHE_URL: cache.url, SEARCH_URL: search.url, NOTIFY_URL: notify.url };
  try {
    const findings = Object.entries(urls).map(async ([component, url]): Promise<Finding[]> => {
      if (url === 'off') return [{ component, state: 'ok', message: 'off' }];
      const isReached = command !== 'serve' || url === 'embedded';
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

const MARKS = { ok: '✓', warning: '!', fault: '✗' } as const;

function format({ component, state, message }: Finding): string {
  return `${MARKS[state]} ${component}: ${message}`;
}
