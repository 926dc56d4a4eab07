import bytes from 'bytes';
import { z } from 'zod';
import { CLIENT_FIELDS } from './client-fields.ts';
import { duration, invalid, list, oneOf, portNumber, text, wholeNumber } from './kinds.ts';

/** Temporal takes payloads of at most 2 MB. The rest of that is for the plan and the delivery. */
const MAX_BODY_LIMIT = '1900kb';
/** Node's timers overflow after 24.8 days. */
const LONGEST_TIMER = '24d';

/** The settings of a receiver: callbacks, HTTP and the journal. */
export const RECEIVER_FIELDS = {
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
      : invalid('expected a path such as /tencent/7f3a, of letters, digits and . _ ~ -'),
  ),
  HOST: z.string().optional(),
  PORT: portNumber,
  OPS_PORT: portNumber,
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  ...CLIENT_FIELDS,
  MAX_BODY: text('1mb', (value) => {
    const parsed = /^\d+(\.\d+)?\s*(b|kb|mb|gb)?$/i.test(value) ? bytes.parse(value) : null;
    if (parsed === null || parsed < 1) return invalid('expected a size such as 512kb or 1mb');
    return parsed <= (bytes.parse(MAX_BODY_LIMIT) ?? 0)
      ? parsed
      : invalid(`expected at most ${MAX_BODY_LIMIT}: Temporal takes 2 MB`);
  }),
  MAX_CONNECTIONS: wholeNumber(4_000, 1, 1_000_000),
  KEEP_ALIVE: duration('75s', LONGEST_TIMER),
  DRAIN_DELAY: duration('5s', LONGEST_TIMER),

  INTAKE: oneOf(['journal', 'direct'], 'journal'),
  DATA_DIR: text('.unfriend', (value) => value),
  JOURNAL_DIR: z.string().optional(),
  JOURNAL_MAX_PENDING: text('1000000', (value) =>
    /^[1-9]\d{0,8}$/.test(value) ? Number(value) : invalid('expected a whole number from 1'),
  ),
  DEDUPE_WINDOW: duration('2m', LONGEST_TIMER),
};
