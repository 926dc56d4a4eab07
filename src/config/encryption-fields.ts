import { z } from 'zod';
import { PayloadKeysError, parsePayloadKeys } from '../encryption/payload-keys.ts';
import { invalid, text } from './kinds.ts';

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
};
