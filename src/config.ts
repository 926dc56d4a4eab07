/**
 * Everything that can be set, read and validated in one place: the only reader of the environment.
 * README.md lists each setting; a fault says what to set.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import bytes from 'bytes';
import ms from 'ms';
import { z } from 'zod';
import { parseRedisUrl } from '../activities/backends/redis-address.ts';
import { isIndexName, parseSearchGuard, parseSearchUrl } from '../activities/backends/search-address.ts';
import { readWebhookSecret } from '../activities/backends/webhook-secret.ts';
import { PLACEHOLDERS } from '../activities/template.ts';
import { parseDuration } from './duration.ts';
import { OperatorError } from './operator-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a process is for, and so what it needs: `receive` takes callbacks, `work` runs side effects,
 * `demo` does both on made-up data, `operate` only talks to Temporal or to a receiver.
 */
export type Role = 'receive' | 'work' | 'start' | 'demo' | 'operate';

/** Thrown with every fault of the settings at once, each naming the variable and what to do. */
export class SettingsError extends OperatorError {
  override name = 'SettingsError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    const count = faults.length === 1 ? '1 setting is' : `${faults.length} settings are`;
    super([`${count} not right:`, ...faults.map((fault) => `  ${fault}`)].join('\n'));
    this.faults = faults;
  }
}

/** A side effect's backend: `embedded` (the in-process stand-in), `off`, or its address. */
export type BackendChoice = string;

/** Temporal's 2 MB a payload, with room for what goes with the pairs. */
const MAX_BODY_LIMIT = '1900kb';
/** Node's timers overflow after 24.8 days. */
const LONGEST_TIMER = '24d';
/** What Temporal refuses beyond; each delivery would be, and go to the quarantine. */
const MAX_TASK_QUEUE = 1_000;
const RESERVED_TASK_QUEUES = '/_sys/';
const DEMO_SDK_APP_ID = '1400000000';

const duration = (fallback: string, longest: ms.StringValue) =>
  text(fallback, (value) => {
    const parsed = parseDuration(value);
    if (parsed === undefined) return fault('expected a duration with its unit, such as 500ms, 75s, 2m or 7d');
    return parsed <= ms(longest) ? parsed : fault(`expected at most ${longest}`);
  });

const portNumber = z
  .string()
  .refine((value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535, 'expected a port from 0 to 65535')
  .transform(Number)
  .optional();

const onOff = (fallback: 'on' | 'off') =>
  text(fallback, (value) =>
    value === 'on' || value === 'off' ? value === 'on' : fault('expected on or off'),
  );

const oneOf = <const T extends string>(values: readonly T[], fallback: T) =>
  text(
    fallback,
    (value) => values.find((known) => known === value) ?? fault(`expected one of: ${values.join(', ')}`),
  );

const list = (fallback: string) =>
  text(fallback, (value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

/** Where messages go: `tencent:`, or a webhook's address. */
const notifyUrl = text('embedded', (value): string | Fault => {
  if (['embedded', 'off', 'tencent:'].includes(value)) return value;
  const url = /^https?:\/\//.test(value) && URL.canParse(value) ? new URL(value) : undefined;
  if (!url) return fault('expected tencent: or https://…, or off');
  if (url.username || url.password) {
    return fault(
      'expected an address without credentials: receivers know us by the signature of NOTIFY_SECRET',
    );
  }
  return value;
});

/** A secret in printable ASCII; its value is never told. */
const secretText = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without spaces')
  .optional();

const wholeNumber = (fallback: number, least: number, most: number) =>
  text(String(fallback), (value) => {
    const parsed = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (parsed >= least && parsed <= most) return parsed;
    return fault(`expected a whole number from ${least} to ${most}`);
  });

/** A backend's address, as `parse` takes it; its TypeError says what was expected. */
const address = (parse: (url: string) => unknown) =>
  text('embedded', (value): BackendChoice | Fault => {
    if (value === 'embedded' || value === 'off') return value;
    try {
      parse(value);
      return value;
    } catch (error) {
      return fault(`${(error as Error).message}, or off`);
    }
  });

const httpUrl = z
  .string()
  .refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'expected http://… or https://…')
  .optional();

const onlyHttpJson = z
  .string()
  .refine((value) => value === 'http/json', 'expected http/json, which collectors take on port 4318')
  .optional();

const FIELDS = {
  NODE_ENV: z.string().optional(),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error'], 'info'),

  SDK_APP_ID: z
    .string()
    .regex(/^[1-9]\d{3,14}$/, 'expected the number that the Chat console shows as SDKAppID')
    .optional(),
  CALLBACK_TOKEN: list('').refine(
    (tokens) => tokens.every((token) => /^[\x21-\x7e]+$/.test(token)),
    'expected printable ASCII without spaces; several tokens are separated by commas',
  ),
  CALLBACK_AUTH: oneOf(['token', 'off'], 'token'),
  CALLBACK_PATH: text('/', (value) =>
    /^\/[A-Za-z0-9._~/-]*$/.test(value)
      ? value
      : fault('expected a path such as /tencent/7f3a, of letters, digits and . _ ~ -'),
  ),
  HOST: z.string().optional(),
  PORT: portNumber,
  OPS_PORT: portNumber,
  MAX_BODY: text('1mb', (value) => {
    const parsed = /^\d+(\.\d+)?\s*(b|kb|mb|gb)?$/i.test(value) ? bytes.parse(value) : null;
    if (parsed === null || parsed < 1) return fault('expected a size such as 512kb or 1mb');
    return parsed <= (bytes.parse(MAX_BODY_LIMIT) ?? 0)
      ? parsed
      : fault(`expected at most ${MAX_BODY_LIMIT}: Temporal takes 2 MB`);
  }),
  KEEP_ALIVE: duration('75s', LONGEST_TIMER),
  DRAIN_DELAY: duration('5s', LONGEST_TIMER),

  INTAKE: oneOf(['journal', 'direct'], 'journal'),
  DATA_DIR: text('.unfriend', (value) => value),
  JOURNAL_DIR: z.string().optional(),
  JOURNAL_MAX_PENDING: text('1000000', (value) =>
    /^[1-9]\d{0,8}$/.test(value) ? Number(value) : fault('expected a whole number from 1'),
  ),
  DEDUPE_WINDOW: duration('2m', LONGEST_TIMER),

  TEMPORAL_UI_URL: httpUrl,
  TEMPORAL_CLI_PATH: z.string().optional(),
  LOCAL_TEMPORAL_PORT: portNumber,
  LOCAL_TEMPORAL_UI_PORT: portNumber,
  TASK_QUEUE: text('unfriend', (value) =>
    value.startsWith(RESERVED_TASK_QUEUES) || Buffer.byteLength(value) > MAX_TASK_QUEUE
      ? fault(`expected at most ${MAX_TASK_QUEUE} bytes that don't begin with ${RESERVED_TASK_QUEUES}`)
      : value,
  ),
  BATCH_ABOVE: wholeNumber(10, 0, 1_000),
  BATCH_SIZE: wholeNumber(100, 1, 1_000),
  RETRY_FOR: duration('1h', '365d'),
  ATTENTION_FOR: duration('7d', '365d'),
  IGNORE_PLATFORMS: list('').transform((platforms) => platforms.map((platform) => platform.toLowerCase())),
  INDEX_ACCOUNTS: onOff('on'),

  OTEL_TRACES_EXPORTER: z
    .string()
    .refine((value) => value === 'otlp' || value === 'none', 'expected otlp or none')
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_PROTOCOL: onlyHttpJson,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: onlyHttpJson,
  OTEL_SDK_DISABLED: z.string().optional(),

  CACHE_URL: address(parseRedisUrl),
  CACHE_KEYS: list('friends:{From_Account}').refine(
    (templates) => templates.length > 0 && templates.every(namesAnAccount),
    `expected templates that name ${PLACEHOLDERS.join(' or ')}`,
  ),
  SEARCH_URL: address(parseSearchUrl),
  SEARCH_CA: z.string().optional(),
  SEARCH_INDEX: text('friends', (value) =>
    isIndexName(value) ? value : fault('expected the name of one index or alias, in lower case'),
  ),
  SEARCH_DOCUMENT_ID: text('{From_Account}:{To_Account}', (value) =>
    PLACEHOLDERS.every((placeholder) => value.includes(placeholder))
      ? value
      : fault(`expected a template that names both ${PLACEHOLDERS.join(' and ')}`),
  ),
  SEARCH_GUARD: text(
    'external',
    (value) => parseSearchGuard(value) ?? fault('expected external, field:<name> or none'),
  ),
  NOTIFY_URL: notifyUrl,
  NOTIFY_SECRET: z
    .string()
    .refine(
      (secret) => readWebhookSecret(secret) !== undefined,
      'expected whsec_ and the base64 of 24 to 64 bytes, or 24 to 64 characters of printable ASCII without spaces',
    )
    .optional(),
  NOTIFY_ALLOW_PRIVATE: onOff('off'),
  NOTIFY_RECIPIENT: oneOf(['from', 'to', 'both'], 'from'),
  TENCENT_DOMAIN: text('console.tim.qq.com', (value) =>
    /^(http:\/\/)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i.test(value)
      ? value
      : fault(
          'expected a host name such as console.tim.qq.com or adminapisgp.im.qcloud.com, without https://',
        ),
  ),
  TENCENT_ADMIN: text('administrator', (value) =>
    /^[\x20-\x7e]{1,32}$/.test(value) ? value : fault('expected the UserID of an administrator of the app'),
  ),
  TENCENT_SECRET_KEY: secretText,
  TENCENT_RATE: text('100', (value) =>
    /^[1-9]\d{0,4}$/.test(value)
      ? Number(value)
      : fault('expected messages a second, a whole number from 1 to 99999'),
  ),
};

/**
 * The demo runs on the embedded stand-ins and on a journal of its own, whatever is set for others: it must never
 * take a receiver's deliveries to its local server.
 */
const NOT_FOR_DEMO = [
  'CACHE_URL',
  'CACHE_KEYS',
  'SEARCH_URL',
  'SEARCH_CA',
  'SEARCH_INDEX',
  'SEARCH_GUARD',
  'SEARCH_DOCUMENT_ID',
  'NOTIFY_URL',
  'NOTIFY_SECRET',
  'NOTIFY_ALLOW_PRIVATE',
  'TENCENT_DOMAIN',
  'TENCENT_ADMIN',
  'TENCENT_SECRET_KEY',
  'TENCENT_RATE',
  'JOURNAL_DIR',
];

type Values = { [Name in keyof typeof FIELDS]: z.output<(typeof FIELDS)[Name]> };

export type Settings = ReturnType<typeof compose>;

/**
 * Reads the settings for a process of the given role.
 *
 * @throws SettingsError with all faults at once; no value of a secret is ever repeated
 */
export function readSettings(environment: Environment, role: Role): Settings {
  const faults: string[] = [];
  const values: Partial<Record<string, unknown>> = {};
  for (const [name, field] of Object.entries(FIELDS)) {
    const value = role === 'demo' && NOT_FOR_DEMO.includes(name) ? undefined : environment[name]?.trim();
    const parsed = field.safeParse(value || undefined);
    if (parsed.success) values[name] = parsed.data;
    else faults.push(`${name}: ${parsed.error.issues[0]?.message ?? 'not valid'}`);
  }
  const temporal = readTemporal(environment, role, faults);
  const searchCa = readCertificate('SEARCH_CA', values.SEARCH_CA as string | undefined, { role, faults });
  faults.push(...crossChecks(values as Partial<Values>, role));
  if (faults.length > 0 || !temporal) throw new SettingsError(faults);
  return compose(values as Values, { role, temporal, searchCa, searchPath: environment.PATH ?? '' });
}

/** The PEM file's content, where this process will need it. */
function readCertificate(
  name: string,
  path: string | undefined,
  { role, faults }: { role: Role; faults: string[] },
): string | undefined {
  if (!path || !(role === 'work' || role === 'start')) return undefined;
  try {
    const pem = readFileSync(path, 'utf8');
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
    faults.push(`${name}: expected a PEM file that holds the certificate of a CA`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    faults.push(`${name}: expected the path of a PEM file; this one cannot be read (${code})`);
  }
  return undefined;
}

/** What depends on more than one setting. A setting that has a fault of its own is absent from `values`. */
function crossChecks(values: Partial<Values>, role: Role): string[] {
  const faults: string[] = [];
  if (role === 'receive' || role === 'start') faults.push(...receiverFaults(values));
  // Who runs no side effects only needs to know which of them are off.
  if (role === 'work' || role === 'start') faults.push(...notifyFaults(values, role));
  if (values.NODE_ENV === 'production') faults.push(...productionFaults(values, role));
  if (samePorts(values, role)) faults.push('OPS_PORT: expected another port than PORT');
  if (values.CALLBACK_AUTH === 'off' && values.CALLBACK_TOKEN && values.CALLBACK_TOKEN.length > 0) {
    faults.push('CALLBACK_AUTH: off contradicts CALLBACK_TOKEN; unset one of them');
  }
  return faults;
}

/** The ports as they will be: one of them is often the default. Only what receives listens on both. */
function samePorts(values: Partial<Values>, role: Role): boolean {
  if (role === 'work' || role === 'operate' || !('PORT' in values && 'OPS_PORT' in values)) return false;
  const { port, opsPort } = portsOf(values, role);
  return port !== 0 && port === opsPort;
}

/** 0: any free one, which is what the demo takes, so as to run beside anything. */
function portsOf({ PORT, OPS_PORT }: Partial<Values>, role: Role): { port: number; opsPort: number } {
  return { port: PORT ?? (role === 'demo' ? 0 : 8080), opsPort: OPS_PORT ?? (role === 'demo' ? 0 : 8081) };
}

function* receiverFaults(values: Partial<Values>): Generator<string> {
  if ('SDK_APP_ID' in values && values.SDK_APP_ID === undefined) {
    yield 'SDK_APP_ID: missing; set it to the SDKAppID that the Chat console shows for your app';
  }
  const tokenNeeded = values.NODE_ENV === 'production' && values.CALLBACK_AUTH === 'token';
  if (tokenNeeded && values.CALLBACK_TOKEN?.length === 0) {
    yield "CALLBACK_TOKEN: missing; set it to the authentication token of the console's callback settings, or set CALLBACK_AUTH=off to take callbacks from anyone";
  }
}

function* notifyFaults(values: Partial<Values>, role: Role): Generator<string> {
  const { NOTIFY_URL: url = 'off', TENCENT_SECRET_KEY: secretKey } = values;
  if (url === 'tencent:') {
    // start needs it anyway, and says so.
    if (role === 'work' && 'SDK_APP_ID' in values && values.SDK_APP_ID === undefined) {
      yield 'SDK_APP_ID: missing; NOTIFY_URL=tencent: sends messages in the name of that app';
    }
    if ('TENCENT_SECRET_KEY' in values && secretKey === undefined) {
      yield 'TENCENT_SECRET_KEY: missing; NOTIFY_URL=tencent: needs the secret key that the Chat console shows for your app';
    }
  }
  if (secretKey && values.CALLBACK_TOKEN?.includes(secretKey)) {
    yield 'TENCENT_SECRET_KEY: expected another value than CALLBACK_TOKEN; the Chat console shows it beside the SDKAppID';
  }
  if (url.startsWith('http') && 'NOTIFY_SECRET' in values && values.NOTIFY_SECRET === undefined) {
    yield 'NOTIFY_SECRET: missing; a webhook is signed with it: whsec_ and the output of openssl rand -base64 32';
  }
}

function* productionFaults(values: Partial<Values>, role: Role): Generator<string> {
  if (role === 'demo') {
    yield 'NODE_ENV: the demo is for trying out, on made-up data; unset NODE_ENV to run it';
    return;
  }
  const writes = role !== 'operate' && role !== 'work';
  if (writes && values.DATA_DIR !== undefined && resolve(values.DATA_DIR) !== values.DATA_DIR) {
    yield 'DATA_DIR: expected an absolute path when NODE_ENV=production';
  }
  if (role === 'receive' || role === 'operate') return;
  if (values.TENCENT_DOMAIN?.startsWith('http://')) {
    yield 'TENCENT_DOMAIN: http:// is for tests, and refused when NODE_ENV=production';
  }
  if (values.NOTIFY_URL?.startsWith('http://') && values.NOTIFY_ALLOW_PRIVATE === false) {
    yield 'NOTIFY_URL: expected https:// when NODE_ENV=production; http:// is for receivers on a private network, with NOTIFY_ALLOW_PRIVATE=on';
  }
  for (const name of ['CACHE_URL', 'SEARCH_URL', 'NOTIFY_URL'] as const) {
    if (values[name] === 'embedded') {
      yield `${name}: the embedded stand-in is for trying out and refused when NODE_ENV=production; set ${name}, or set it to off`;
    }
  }
}

/** Where Temporal is, as `@temporalio/envconfig` reads it. No address: none is configured. */
export type TemporalSettings = {
  connectionOptions: NativeConnectionOptions;
  namespace: string;
  configured: boolean;
};

const DEFAULT_TEMPORAL_ADDRESS = 'localhost:7233';
const DEFAULT_UI_PORT = 8233;
const TEMPORAL_CLOUD = /\.(tmprl\.cloud|temporal\.io)$/i;

function readTemporal(environment: Environment, role: Role, faults: string[]): TemporalSettings | undefined {
  try {
    const present = Object.entries(environment).flatMap(([name, value]) =>
      value?.trim() ? [[name, value.trim()]] : [],
    );
    const overrideEnvVars: Record<string, string> = Object.fromEntries(present);
    // The demo has a server of its own, so a profile on disk must not lead it elsewhere.
    const { connectionOptions, namespace } = loadConnectConfig(overrideEnvVars, role === 'demo');
    return {
      connectionOptions: {
        ...connectionOptions,
        address: connectionOptions.address ?? DEFAULT_TEMPORAL_ADDRESS,
      },
      namespace: namespace ?? 'default',
      configured: connectionOptions.address !== undefined,
    };
  } catch (error) {
    // Only the first line: a TOML error goes on with the lines of the file, and an API key may stand in them.
    faults.push(`TEMPORAL_*: ${(error instanceof Error ? error.message : String(error)).split('\n', 1)[0]}`);
    return undefined;
  }
}

/** envconfig 1.24.0 throws a TypeError at a file without any profile, for example an empty one. */
function loadConnectConfig(overrideEnvVars: Record<string, string>, disableFile: boolean) {
  try {
    return loadClientConnectConfig({ overrideEnvVars, disableFile });
  } catch (error) {
    if (!(error instanceof TypeError) || overrideEnvVars.TEMPORAL_PROFILE) throw error;
    return loadClientConnectConfig({ overrideEnvVars, disableFile: true });
  }
}

type ComposeContext = {
  role: Role;
  temporal: TemporalSettings;
  searchCa: string | undefined;
  searchPath: string;
};

function compose(values: Values, { role, temporal, searchCa, searchPath }: ComposeContext) {
  const sdkAppId = values.SDK_APP_ID ?? (role === 'demo' ? DEMO_SDK_APP_ID : undefined);
  const dataDir = resolve(values.DATA_DIR);
  // The demo has data of its own, so that it can run beside a service of the same folder.
  const home = role === 'demo' ? join(dataDir, 'demo') : dataDir;
  const authenticated = values.CALLBACK_TOKEN.length > 0;
  return {
    production: values.NODE_ENV === 'production',
    logLevel: values.LOG_LEVEL,
    /** The app whose callbacks are taken; undefined only where a role does without. */
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
      keepAlive: values.KEEP_ALIVE,
      drainDelay: values.DRAIN_DELAY,
    },
    intake: values.INTAKE,
    journal: {
      dir: resolve(values.JOURNAL_DIR ?? join(home, 'journal')),
      maxPending: values.JOURNAL_MAX_PENDING,
    },
    /** Milliseconds, like every duration here. */
    dedupeWindow: values.DEDUPE_WINDOW,
    dataDir,
    temporal,
    /** Where people see Temporal's UI, for links. */
    temporalUi: values.TEMPORAL_UI_URL?.replace(/\/+$/, '') ?? guessTemporalUi(values, temporal),
    localTemporal: {
      cliPath: values.TEMPORAL_CLI_PATH,
      port: values.LOCAL_TEMPORAL_PORT ?? 7233,
      uiPort: values.LOCAL_TEMPORAL_UI_PORT ?? DEFAULT_UI_PORT,
      dir: join(home, 'temporal'),
      cacheDir: join(dataDir, 'cli'),
      searchPath,
    },
    taskQueue: values.TASK_QUEUE,
    /** Where to, OpenTelemetry's SDK reads by itself. */
    tracing: isTraced(values),
    batch: { above: values.BATCH_ABOVE, size: values.BATCH_SIZE },
    retryFor: values.RETRY_FOR,
    attentionFor: values.ATTENTION_FOR,
    indexAccounts: values.INDEX_ACCOUNTS,
    cache: { url: values.CACHE_URL, keys: values.CACHE_KEYS },
    search: {
      url: values.SEARCH_URL,
      /** PEM, not its path. */
      ca: searchCa,
      index: values.SEARCH_INDEX,
      guard: values.SEARCH_GUARD,
      documentId: values.SEARCH_DOCUMENT_ID,
    },
    notify: {
      /** `embedded`, `off`, `tencent:`, or a webhook's address. */
      url: values.NOTIFY_URL,
      recipient: values.NOTIFY_RECIPIENT,
      secret: values.NOTIFY_SECRET,
      allowPrivate: values.NOTIFY_ALLOW_PRIVATE,
    },
    tencent: {
      url: values.TENCENT_DOMAIN.startsWith('http://')
        ? values.TENCENT_DOMAIN
        : `https://${values.TENCENT_DOMAIN}`,
      admin: values.TENCENT_ADMIN,
      secretKey: values.TENCENT_SECRET_KEY,
      /** Messages a second, of this process. */
      rate: values.TENCENT_RATE,
    },
  };
}

/** Temporal Cloud's, else on the server's own host, where the local server has it. */
function guessTemporalUi({ LOCAL_TEMPORAL_UI_PORT: port }: Values, temporal: TemporalSettings): string {
  const host = (temporal.connectionOptions.address ?? DEFAULT_TEMPORAL_ADDRESS).replace(/:\d+$/, '');
  // With port 0 the local server takes any.
  return TEMPORAL_CLOUD.test(host)
    ? 'https://cloud.temporal.io'
    : `http://${host}:${port || DEFAULT_UI_PORT}`;
}

/** The standard settings say whether spans are wanted: none, unless somebody says where to. */
function isTraced(values: Values): boolean {
  if (values.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || values.OTEL_TRACES_EXPORTER === 'none')
    return false;
  const endpoint = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? values.OTEL_EXPORTER_OTLP_ENDPOINT;
  return values.OTEL_TRACES_EXPORTER === 'otlp' || endpoint !== undefined;
}

type Fault = { fault: string };

function fault(message: string): Fault {
  return { fault: message };
}

/** A text with a default, turned into `T` by `parse`, which may find a {@link fault}. */
function text<T>(fallback: string, parse: (value: string) => T | Fault) {
  return z
    .string()
    .default(fallback)
    .transform((value, context): T => {
      const parsed = parse(value);
      if (typeof parsed === 'object' && parsed !== null && 'fault' in parsed) {
        context.addIssue({ code: 'custom', message: (parsed as Fault).fault });
        return z.NEVER;
      }
      return parsed as T;
    });
}

function namesAnAccount(template: string): boolean {
  return PLACEHOLDERS.some((placeholder) => template.includes(placeholder));
}
