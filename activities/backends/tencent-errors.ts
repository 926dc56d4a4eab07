import type { FailureType } from './backend.ts';

/** What an ErrorCode of the REST API asks for. `renew`: with a new UserSig, once more at once. */
export type ErrorVerdict = { type: FailureType; renew?: true; means?: string };

/** The vendor's side failed, and may not the next time. */
const RETRY = [20004, 20005, 60008, 60014, 70169, 70500, 90992, 90994, 90995, 91000];

/** Too many calls a second. */
const SLOW_DOWN = [60007, 60018, 90057, 22006];

const KEY_OR_APP = 'check that TENCENT_SECRET_KEY is the key of SDK_APP_ID';
const DATA_CENTRE = "check that SDK_APP_ID is right and TENCENT_DOMAIN that of the app's data centre";
const ADMIN = 'check that TENCENT_ADMIN is an administrator of the app';

/** Refused for who asks, until somebody changes a setting or the console. */
const UNAUTHORIZED: Record<number, string> = {
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

/** What else is known by its code; every other one reads as Rejected too. */
const REJECTED: Record<number, string> = {
  70107: 'no such account',
  80001: 'its content is filtered by the app',
  90048: 'no such account',
  93000: 'it is too large',
};

const EXPIRED: ErrorVerdict = {
  ...{ type: 'Unauthorized', renew: true },
  means: `the UserSig is refused: ${KEY_OR_APP}, and this machine's clock`,
};

/**
 * By the table of the vendor's documentation: what is not listed there is never tried again.
 * https://www.tencentcloud.com/document/product/1047/34348
 */
export function judgeErrorCode(code: number): ErrorVerdict {
  if (code === 70001 || code === 20002) return EXPIRED;
  if (RETRY.includes(code)) return { type: 'ServerError' };
  if (SLOW_DOWN.includes(code)) return { type: 'Busy', means: 'too many calls a second' };
  const refused = UNAUTHORIZED[code];
  if (refused !== undefined) return { type: 'Unauthorized', means: refused };
  const means = REJECTED[code];
  return { type: 'Rejected', ...(means !== undefined && { means }) };
}
