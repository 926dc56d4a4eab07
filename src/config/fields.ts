import { z } from 'zod';
import { BACKEND_FIELDS } from './backend-fields.ts';
import { ENCRYPTION_FIELDS } from './encryption-fields.ts';
import { duration, httpUrl, invalid, list, oneOf, portNumber, text, wholeNumber } from './kinds.ts';
import { NOTICE_FIELDS } from './notice-fields.ts';
import { RECEIVER_FIELDS } from './receiver-fields.ts';
import { RELAY_FIELDS } from './relay-fields.ts';
import { VERSION_FIELDS } from './version-fields.ts';

/** Temporal refuses a longer name. It would refuse every delivery, and each would go to the quarantine. */
const MAX_TASK_QUEUE = 1_000;
const RESERVED_TASK_QUEUES = '/_sys/';
const onlyHttpJson = z
  .string()
  .refine((value) => value === 'http/json', 'expected http/json, which collectors take on port 4318')
  .optional();

/** How each setting is read, and its default, by its name in the environment. */
export const FIELDS = {
  NODE_ENV: z.string().optional(),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error'], 'info'),

  ...RECEIVER_FIELDS,
  ...RELAY_FIELDS,

  TEMPORAL_UI_URL: httpUrl,
  TEMPORAL_CLI_PATH: z.string().optional(),
  LOCAL_TEMPORAL_PORT: portNumber,
  LOCAL_TEMPORAL_UI_PORT: portNumber,
  TASK_QUEUE: text('unfriend', (value) =>
    value.startsWith(RESERVED_TASK_QUEUES) || Buffer.byteLength(value) > MAX_TASK_QUEUE
      ? invalid(`expected at most ${MAX_TASK_QUEUE} bytes that don't begin with ${RESERVED_TASK_QUEUES}`)
      : value,
  ),
  ...VERSION_FIELDS,
  /** No default here: it depends on the command. */
  FIRST_PASS: z.enum(['local', 'activities'], 'expected one of: local, activities').optional(),
  BATCH_ABOVE: wholeNumber(10, 0, 1_000),
  BATCH_SIZE: wholeNumber(100, 1, 1_000),
  RETRY_FOR: duration('1h', '365d'),
  ATTENTION_FOR: duration('7d', '365d'),
  IGNORE_PLATFORMS: list('').transform((platforms) => platforms.map((platform) => platform.toLowerCase())),
  ...ENCRYPTION_FIELDS,

  OTEL_TRACES_EXPORTER: z
    .string()
    .refine((value) => value === 'otlp' || value === 'none', 'expected otlp or none')
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_PROTOCOL: onlyHttpJson,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: onlyHttpJson,
  OTEL_SDK_DISABLED: z.string().optional(),

  ...BACKEND_FIELDS,
  ...NOTICE_FIELDS,
};

/**
 * Settings that the demo ignores. It always runs on the embedded stand-ins and on its own journal, so that it never takes
 * the deliveries of a receiver to its local server. Its accounts are made up, so it encrypts nothing. On that server no
 * version is current.
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
  'FENCE',
  'FENCE_AFTER',
  'JOURNAL_DIR',
  ...Object.keys(VERSION_FIELDS),
  'TLS_CERT',
  'TLS_KEY',
  'CALLBACK_ALLOW',
  'TRUSTED_PROXIES',
  ...Object.keys(RELAY_FIELDS),
  'PAYLOAD_KEYS',
  'CODEC_ORIGIN',
  'CODEC_TOKEN',
  ...Object.keys(NOTICE_FIELDS),
];

/** The values of all settings. Each is valid by itself; `cross-checks.ts` compares them. */
export type Values = { [Name in keyof typeof FIELDS]: z.output<(typeof FIELDS)[Name]> };
