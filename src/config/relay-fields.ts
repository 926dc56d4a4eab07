import { z } from 'zod';
import { findPatternFault } from '../callback/relayed-commands.ts';
import { FRIEND_DELETE } from '../callback/schema.ts';
import { duration, invalid, oneOf, text } from './kinds.ts';

/** The sender itself waits for 2 s. Longer timeouts are for tests and for other senders. */
const LONGEST_TIMEOUT = '10s';

/** The settings of the relay: the endpoint that gets callbacks, and which of them it gets durably. */
export const RELAY_FIELDS = {
  RELAY_URL: z
    .string()
    .refine(isEndpoint, 'expected http://… or https://…, without credentials and without #')
    .optional(),
  RELAY_CA: z.string().optional(),
  RELAY_TIMEOUT: duration('1500ms', LONGEST_TIMEOUT),
  RELAY_FAILURE: oneOf(['none', 'ok', 'fail'], 'none'),
  RELAY_DURABLE: text(FRIEND_DELETE, (value) => {
    if (value === 'off') return [];
    const patterns = value.split(',').map((pattern) => pattern.trim());
    const fault = patterns.map(findPatternFault).find((each) => each !== undefined);
    return fault === undefined ? patterns : invalid(fault);
  }),
};

function isEndpoint(value: string): boolean {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value) || value.includes('#')) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}
