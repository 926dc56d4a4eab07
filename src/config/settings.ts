/**
 * Reads and validates all settings. No other module reads the environment. docs/settings.md lists each setting.
 */
import { join, resolve } from 'node:path';
import type { TlsFiles } from '../http/tls/tls-files.ts';
import { checkTlsFiles, readCertificate } from './certificates.ts';
import { crossChecks, portsOf } from './cross-checks.ts';
import { FIELDS, NOT_FOR_DEMO, type Values } from './fields.ts';
import { misspeltSettings } from './misspelt.ts';
import { type Environment, partsOf, type Role } from './role.ts';
import { readSecretFiles } from './secrets.ts';
import { SettingsError } from './settings-error.ts';
import { DEFAULT_UI_PORT, guessUi, readTemporal, type TemporalSettings } from './temporal.ts';
import type { WorkerVersion } from './version-fields.ts';

export type { Environment, Role } from './role.ts';
export { SettingsError } from './settings-error.ts';
export type { TemporalSettings } from './temporal.ts';
export type { WorkerVersion } from './version-fields.ts';

const DEMO_SDK_APP_ID = '1400000000';

export type Settings = ReturnType<typeof compose>;

/**
 * Reads the settings for a process of the given role.
 *
 * @throws SettingsError with all faults at once; no value of a secret is ever repeated
 */
export function readSettings(given: Environment, role: Role): Settings {
  const faults: string[] = [];
  const ignored = role === 'demo' ? NOT_FOR_DEMO : [];
  const { environment, faulty } = readSecretFiles(given, ignored, faults);
  const values = parseFields(
    (name) => (ignored.includes(name) ? undefined : environment[name]?.trim()),
    faulty,
    faults,
  );
  const temporal = readTemporal(environment, role, faults);
  const isWorker = role === 'work' || role === 'start';
  const readCa = (name: 'SEARCH_CA' | 'RELAY_CA', isNeeded: boolean) =>
    isNeeded ? readCertificate(name, values[name] as string | undefined, faults) : undefined;
  const searchCa = readCa('SEARCH_CA', isWorker);
  const relayCa = readCa('RELAY_CA', isWorker || role === 'serve');
  const isReceiver = role === 'start' || role === 'serve';
  const tls = checkTlsFiles(isReceiver ? (values as Partial<Values>) : {}, faults);
  faults.push(...crossChecks(values as Partial<Values>, role));
  const misspelt = misspeltSettings(environment);
  if (faults.length > 0 || !temporal) throw new SettingsError(faults, misspelt);
  const searchPath = environment.PATH ?? '';
  return compose(values as Values, { role, temporal, searchCa, relayCa, tls, searchPath, misspelt });
}

/** The values without those that have a fault. */
function parseFields(
  textOf: (name: string) => string | undefined,
  faulty: ReadonlySet<string>,
  faults: string[],
): Partial<Record<string, unknown>> {
  const values: Partial<Record<string, unknown>> = {};
  for (const [name, field] of Object.entries(FIELDS).filter(([each]) => !faulty.has(each))) {
    const parsed = field.safeParse(textOf(name) || undefined);
    if (parsed.success) values[name] = parsed.data;
    else faults.push(`${name}: ${parsed.error.issues[0]?.message ?? 'not valid'}`);
  }
  return values;
}

type ComposeContext = {
  role: Role;
  temporal: TemporalSettings;
  searchCa: string | undefined;
  relayCa: string | undefined;
  tls: TlsFiles | undefined;
  searchPath: string;
  misspelt: readonly string[];
};

function compose(values: Values, context: ComposeContext) {
  const { role, temporal, searchCa, relayCa, tls, searchPath, misspelt } = context;
  const sdkAppId = values.SDK_APP_ID ?? (role === 'demo' ? DEMO_SDK_APP_ID : undefined);
  const dataDir = resolve(values.DATA_DIR);
  // The demo has data of its own, so that it can run beside a service of the same folder.
  const home = role === 'demo' ? join(dataDir, 'demo') : dataDir;
  const backends = backendsOf(values, role);
  const authenticated = values.CALLBACK_TOKEN.length > 0;
  return {
    parts: partsOf(role, temporal.configured),
    /** One sentence for each name that looks like a setting and is none. */
    misspelt,
    production: values.NODE_ENV === 'production',
    logLevel: values.LOG_LEVEL,
    /** The app whose callbacks are taken. Undefined only for roles that do not need it. */
    sdkAppId,
    callback: {
      tokens: values.CALLBACK_TOKEN,
      /** Whether somebody chose to take callbacks from anyone. */
      authOff: values.CALLBACK_AUTH === 'off',
      path: values.CALLBACK_PATH,
      ignorePlatforms: values.IGNORE_PLATFORMS,
      /** Bytes. */
      maxBody: values.MAX_BODY,
    },
    http: {
      // Without a token a receiver is open to anyone; a worker takes no callbacks.
      host: values.HOST ?? (authenticated || role === 'work' ? '0.0.0.0' : '127.0.0.1'),
      ...portsOf(values, role),
      /** The files of certificate and key. Absent: plain HTTP. */
      tls,
      /** Who may post callbacks. Absent: everyone. */
      allow: values.CALLBACK_ALLOW,
      trustedProxies: values.TRUSTED_PROXIES,
      /** A maximum. There are fewer if the process may open fewer files. */
      maxConnections: values.MAX_CONNECTIONS,
      keepAlive: values.KEEP_ALIVE,
      drainDelay: values.DRAIN_DELAY,
    },
    /** Absent: no endpoint stands behind this receiver. */
    relay: values.RELAY_URL
      ? {
          url: values.RELAY_URL,
          /** PEM, not its path. */
          ca: relayCa,
          timeout: values.RELAY_TIMEOUT,
          failure: values.RELAY_FAILURE,
          /** The commands that are relayed durably: names, or `Sns.*` for a prefix. */
          durable: values.RELAY_DURABLE,
        }
      : undefined,
    intake: values.INTAKE,
    journal: {
      dir: resolve(values.JOURNAL_DIR ?? join(home, 'journal')),
      maxPending: values.JOURNAL_MAX_PENDING,
    },
    /** Milliseconds, like every duration here. */
    dedupeWindow: values.DEDUPE_WINDOW,
    dataDir,
    /** With the keys, so that every client and every worker has them. */
    temporal: { ...temporal, payloadKeys: values.PAYLOAD_KEYS },
    /** Where people see Temporal's UI, for links. */
    temporalUi:
      values.TEMPORAL_UI_URL?.replace(/\/+$/, '') ?? guessUi(temporal, values.LOCAL_TEMPORAL_UI_PORT),
    localTemporal: {
      cliPath: values.TEMPORAL_CLI_PATH,
      port: values.LOCAL_TEMPORAL_PORT ?? 7233,
      uiPort: values.LOCAL_TEMPORAL_UI_PORT ?? DEFAULT_UI_PORT,
      dir: join(home, 'temporal'),
      cacheDir: join(dataDir, 'cli'),
      searchPath,
    },
    taskQueue: values.TASK_QUEUE,
    /** Undefined: workers are unversioned. */
    workerVersion: composeVersion(values),
    /** Whether spans are made. OpenTelemetry's SDK itself reads where they are sent to. */
    tracing: isTraced(values),
    /** In the demo each first try is to be seen in the Temporal UI. */
    firstPass: values.FIRST_PASS ?? (role === 'demo' ? 'activities' : 'local'),
    batch: { above: values.BATCH_ABOVE, size: values.BATCH_SIZE },
    retryFor: values.RETRY_FOR,
    attentionFor: values.ATTENTION_FOR,
    /** Whether search attributes hold the accounts: their names, keyed hashes of them, or nothing. */
    indexAccounts: indexAccountsOf(values),
    /** The first one encrypts, all decrypt. Empty: nothing is encrypted. */
    payloadKeys: values.PAYLOAD_KEYS,
    codec: codecOf(values),
    cache: { url: backends.cache, keys: values.CACHE_KEYS },
    search: {
      url: backends.search,
      /** PEM, not its path. */
      ca: searchCa,
      index: values.SEARCH_INDEX,
      guard: values.SEARCH_GUARD,
      documentId: values.SEARCH_DOCUMENT_ID,
    },
    notify: {
      ...backends.notify,
      recipient: values.NOTIFY_RECIPIENT,
      secret: values.NOTIFY_SECRET,
      allowPrivate: values.NOTIFY_ALLOW_PRIVATE,
    },
    /** Absent: nobody is told of what needs a person. The address is a secret. */
    notices: noticesOf(values),
    tencent: {
      url: values.TENCENT_DOMAIN.startsWith('http://')
        ? values.TENCENT_DOMAIN
        : `https://${values.TENCENT_DOMAIN}`,
      admin: values.TENCENT_ADMIN,
      secretKey: values.TENCENT_SECRET_KEY,
      /** Messages and checks of friendships per second of this process. */
      rate: values.TENCENT_RATE,
    },
    /** Absent: late tries are done without asking whether the two are friends again. */
    fence: values.FENCE ? { after: values.FENCE_AFTER } : undefined,
  };
}

function noticesOf({ NOTICE_URL: url, NOTICE_AFTER: after }: Values) {
  return url === undefined ? undefined : { url, after };
}

function indexAccountsOf({ INDEX_ACCOUNTS, PAYLOAD_KEYS }: Values): 'on' | 'off' | 'hashed' {
  return INDEX_ACCOUNTS ?? (PAYLOAD_KEYS.length > 0 ? 'hashed' : 'on');
}

/** Undefined: there is no codec server. `token` undefined: whoever reaches OPS_PORT can use it. */
function codecOf({ PAYLOAD_KEYS, CODEC_ORIGIN, CODEC_TOKEN }: Values) {
  const isOn = PAYLOAD_KEYS.length > 0 && (CODEC_ORIGIN.length > 0 || CODEC_TOKEN !== undefined);
  return isOn ? { origins: CODEC_ORIGIN, token: CODEC_TOKEN } : undefined;
}

function composeVersion({ DEPLOYMENT_NAME, BUILD_ID }: Values): WorkerVersion | undefined {
  return DEPLOYMENT_NAME && BUILD_ID ? { deploymentName: DEPLOYMENT_NAME, buildId: BUILD_ID } : undefined;
}

/** Only the demo uses stand-ins without a word. Other commands that may leave them unsaid run no side effects. */
function backendsOf({ CACHE_URL, SEARCH_URL, NOTIFY_URL }: Values, role: Role) {
  const unsaid = role === 'demo' ? 'embedded' : 'off';
  return {
    cache: CACHE_URL ?? unsaid,
    search: SEARCH_URL ?? unsaid,
    notify: NOTIFY_URL ?? { users: unsaid, backend: 'off' },
  };
}

/** By OpenTelemetry's standard settings. Without an endpoint no spans are made. */
function isTraced(values: Values): boolean {
  if (values.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || values.OTEL_TRACES_EXPORTER === 'none')
    return false;
  const endpoint = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? values.OTEL_EXPORTER_OTLP_ENDPOINT;
  return values.OTEL_TRACES_EXPORTER === 'otlp' || endpoint !== undefined;
}
