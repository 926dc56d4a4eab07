/** The one app whose callbacks the benchmark sends. */
export const SDK_APP_ID = '1400000000';
export const TOKEN = 'a-token-for-the-benchmark';

/** What the vendor takes for an acknowledgement, and every contender answers. */
export const OK = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' };
