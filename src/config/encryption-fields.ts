import { z } from 'zod';
import { PayloadKeysError, parsePayloadKeys } from '../encryption/payload-keys.ts';
import { invalid, secretText, splitList, text } from './kinds.ts';

/** The settings of what keeps account names private. */
export const ENCRYPTION_FIELDS = {
  PAYLOAD_KEYS: text('', (value) => {
    try {
      return parsePayloadKeys(value);
    } catch (error) {
      if (error instanceof PayloadKeysError) return invalid(error.message);
      throw error;
    }
  }),
  /** No default here: it depends on `PAYLOAD_KEYS`. */
  INDEX_ACCOUNTS: z.enum(['on', 'off', 'hashed'], 'expected one of: on, off, hashed').optional(),
  CODEC_ORIGIN: text('', (value) => {
    const origins = splitList(value).map((origin) => origin.replace(/\/$/, ''));
    return origins.every(isOrigin)
      ? origins
      : invalid(
          'expected the origin of the Temporal UI, such as https://temporal.example.com, without a path',
        );
  }),
  CODEC_TOKEN: secretText,
};

/** As a browser writes it: in lower case, and without the port that its scheme has anyway. */
function isOrigin(value: string): boolean {
  return /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}
