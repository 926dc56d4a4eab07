/**
 * Why a backend did not do what it was asked. The types are what operators see, as the activity's failure and in
 * `progress`; docs/temporal.md lists them. `retryable`: trying again later can help.
 */
export const FAILURE_TYPES = {
  /** No connection, or no answer in time. */
  Unreachable: { retryable: true },
  /** It asked to slow down. */
  Busy: { retryable: true },
  /** It answered that it failed. */
  ServerError: { retryable: true },
  /** It refused the credentials, or what they may do. */
  Unauthorized: { retryable: false },
  /** It refused what was asked, and will refuse it again. */
  Rejected: { retryable: false },
} as const;

export type FailureType = keyof typeof FAILURE_TYPES;

/**
 * A backend's failure. The message says what was asked of whom and what came back, without secrets; it is the same
 * for the same cause, so that operators see one error and how many pairs it holds up.
 */
export class BackendError extends Error {
  override name = 'BackendError';
  readonly type: FailureType;
  /** When the backend wants to be asked again, in ms from now. */
  readonly retryAfter: number | undefined;

  constructor(type: FailureType, message: string, options: { retryAfter?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.type = type;
    this.retryAfter = options.retryAfter;
  }

  get retryable(): boolean {
    return FAILURE_TYPES[this.type].retryable;
  }
}

/** What a look at a backend found. A `fault` or `warning` says what to do. */
export type Finding = { state: 'ok' | 'warning' | 'fault'; message: string };

/** @param whatToDo by the type of the failure */
export function asFault({ type, message }: BackendError, whatToDo: Record<FailureType, string>): Finding {
  return { state: 'fault', message: `${message}; ${whatToDo[type]}` };
}

/** What every backend of a side effect can do besides its work. */
export interface Backend {
  /** Tries everything that its side effect will need, and changes nothing. Never throws. */
  check(): Promise<Finding[]>;
  close(): Promise<void>;
}
