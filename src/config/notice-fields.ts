import { duration, httpUrl } from './kinds.ts';

/** The settings of the notices to a chat. */
export const NOTICE_FIELDS = {
  NOTICE_URL: httpUrl,
  NOTICE_AFTER: duration('5m', '7d'),
};
