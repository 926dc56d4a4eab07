import type { FailureType } from '../backend.ts';

/** What an `ErrorCode` of the REST API means. `renew`: one more try at once, with a new UserSig, can help. */
export type ErrorVerdict = { type: FailureType; renew?: true; means?: string };

/** A failure of the vendor, which may pass. Those from 30000 are of friend lists: see `friend-check.ts`. */
const RETRY = [20004, 20005, 30006, 30007, 60008, 60014, 70169, 70500, 90992, 90994, 90995, 91000];

/** Too many calls per second. */
const SLOW_DOWN = [60007, 60018, 90057, 22006];

const KEY_OR_APP = 'check that TENCENT_SECRET_KEY is the key of SDK_APP_ID';
const DATA_CENTRE = "check that SDK_APP_ID is right and TENCENT_DOMAIN that of the app's data centre";
const ADMIN = 'check that TENCENT_ADMIN is an administrator of the app';

/** Refused because of the app or its credentials, until somebody changes a setting, also in the vendor's console. */
const UNAUTHORIZED: Record<number, string> = {
  30004: ADMIN,
  60004: ADMIN,
  60005: ADMIN,
  60006: DATA_CENTRE,
  60010: ADMIN,
  60012: DATA_CENTRE,
  60016: 'the app is disabled',
  60017: 'the request is disabled',
  60020: "the app's package has expired",
  60021: "this machine's address is not among those that may call",
  70003: KEY_OR_APP,
  70009: KEY_OR_APP,
  70013: ADMIN,
  70014: DATA_CENTRE,
  70016: DATA_CENTRE,
  70020: DATA_CENTRE,
  70050: KEY_OR_APP,
  90009: ADMIN,
};

/** Known reasons for Rejected. Every code that is in no list here is Rejected too. */
const REJECTED: Record<number, string> = {
  30001: 'a wrong parameter',
  70107: 'no such account',
  80001: 'its content is filtered by the app',
  90048: 'no such account',
  93000: 'it is too large',
};

const EXPIRED: ErrorVerdict = {
  type: 'Unauthorized',
  renew: true,
  means: `the UserSig is refused: ${KEY_OR_APP}, and this machine's clock`,
};

/**
 * Follows the vendor's table of error codes. A code that is not in that table is never tried again.
 * https://www.tencentcloud.com/document/product/1047/34348
 */
export function judgeErrorCode(code: number): ErrorVerdict {
  if (code === 70001 || code === 20002) return EXPIRED;
  if (RETRY.includes(code)) return { type: 'ServerError' };
  if (SLOW_DOWN.includes(code)) return { type: 'Busy', means: 'too many calls per second' };
  const refused = UNAUTHORIZED[code];
  if (refused !== undefined) return { type: 'Unauthorized', means: refused };
  const means = REJECTED[code];
  return { type: 'Rejected', ...(means !== undefined && { means }) };
}
