import { z } from 'zod';
import {
  isIndexName,
  parseSearchGuard,
  parseSearchUrl,
} from '../../activities/backends/open-search/search-address.ts';
import { parseRedisUrl } from '../../activities/backends/redis/redis-address.ts';
import { readWebhookSecret } from '../../activities/backends/webhook/webhook-secret.ts';
import { PLACEHOLDERS } from '../../activities/template.ts';
import { USER_ID } from '../../workflows/user-id.ts';
import {
  duration,
  type InvalidValue,
  invalid,
  list,
  oneOf,
  onOff,
  optionalText,
  secretText,
  text,
} from './kinds.ts';
import { notifyUrl } from './notify-url.ts';

/** A side effect's backend: `embedded` (the in-process stand-in), `off`, or its address. */
export type BackendChoice = string;

/**
 * A backend's address, as `parse` takes it; its TypeError says what was expected. There is no default: nobody must believe
 * that a cache is cleared while only a stand-in is.
 */
const address = (parse: (url: string) => unknown) =>
  optionalText((value): BackendChoice | InvalidValue => {
    if (value === 'embedded' || value === 'off') return value;
    try {
      parse(value);
      return value;
    } catch (error) {
      return invalid(`${(error as Error).message}, embedded or off`);
    }
  });

/** The settings of what side effects act on. */
export const BACKEND_FIELDS = {
  CACHE_URL: address(parseRedisUrl),
  CACHE_KEYS: list('friends:{From_Account}').refine(
    (templates) => templates.length > 0 && templates.every(namesAnAccount),
    `expected templates that name ${PLACEHOLDERS.join(' or ')}`,
  ),
  SEARCH_URL: address(parseSearchUrl),
  SEARCH_CA: z.string().optional(),
  SEARCH_INDEX: text('friends', (value) =>
    isIndexName(value) ? value : invalid('expected the name of one index or alias, in lower case'),
  ),
  SEARCH_DOCUMENT_ID: text('{From_Account}:{To_Account}', (value) =>
    PLACEHOLDERS.every((placeholder) => value.includes(placeholder))
      ? value
      : invalid(`expected a template that names both ${PLACEHOLDERS.join(' and ')}`),
  ),
  SEARCH_GUARD: text(
    'external',
    (value) => parseSearchGuard(value) ?? invalid('expected external, field:<name> or none'),
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
      : invalid(
          'expected a host name such as console.tim.qq.com or adminapisgp.im.qcloud.com, without https://',
        ),
  ),
  TENCENT_ADMIN: text('administrator', (value) =>
    USER_ID.test(value) ? value : invalid('expected the UserID of an administrator of the app'),
  ),
  TENCENT_SECRET_KEY: secretText,
  TENCENT_RATE: text('100', (value) =>
    /^[1-9]\d{0,4}$/.test(value)
      ? Number(value)
      : invalid('expected messages a second, a whole number from 1 to 99999'),
  ),
  FENCE: onOff('off'),
  FENCE_AFTER: duration('5m', '24d'),
};

function namesAnAccount(template: string): boolean {
  return PLACEHOLDERS.some((placeholder) => template.includes(placeholder));
}
