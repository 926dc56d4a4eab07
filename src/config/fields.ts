import bytes from 'bytes';
import { z } from 'zod';
import {
  isIndexName,
  parseSearchGuard,
  parseSearchUrl,
} from '../../activities/backends/open-search/search-address.ts';
import { parseRedisUrl } from '../../activities/backends/redis/redis-address.ts';
import { readWebhookSecret } from '../../activities/backends/webhook/webhook-secret.ts';
import { PLACEHOLDERS } from '../../activities/template.ts';
import {
  duration,
  type Fault,
  fault,
  httpUrl,
  list,
  oneOf,
  onOff,
  portNumber,
  secretText,
  text,
  wholeNumber,
} from './kinds.ts';

/** A side effect's backend: `embedded` (the in-process stand-in), `off`, or its address. */
export type BackendChoice = string;

/** Temporal's 2 MB a payload, with room for what goes with the pairs. */
const MAX_BODY_LIMIT = '1900kb';
/** Node's timers overflow after 24.8 days. */
const LONGEST_TIMER = '24d';
/** What Temporal refuses beyond; each delivery would be, and go to the quarantine. */
const MAX_TASK_QUEUE = 1_000;
const RESERVED_TASK_QUEUES = '/_sys/';
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

const onlyHttpJson = z
  .string()
  .refine((value) => value === 'http/json', 'expected http/json, which collectors take on port 4318')
  .optional();

/** Every setting, by its name in the environment: how it is read, and what it is by default. */
export const FIELDS = {
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
  MAX_CONNECTIONS: wholeNumber(4_000, 1, 1_000_000),
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
export const NOT_FOR_DEMO = [
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

/** All of them, each by itself valid. */
export type Values = { [Name in keyof typeof FIELDS]: z.output<(typeof FIELDS)[Name]> };

function namesAnAccount(template: string): boolean {
  return PLACEHOLDERS.some((placeholder) => template.includes(placeholder));
}
