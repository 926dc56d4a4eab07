/**
 * Why a backend did not do what it was asked to do. People see these types as the failure of an activity and in
 * `progress`; docs/temporal.md lists them. `retryable`: another try can help.
 */
export const FAILURE_TYPES = {
  /** No connection, or no answer in time. */
  Unreachable: { retryable: true },
  /** It asked for fewer calls. */
  Busy: { retryable: true },
  /** It answered that it failed. */
  ServerError: { retryable: true },
  /** It refused the credentials, or they do not allow the call. */
  Unauthorized: { retryable: false },
  /** It refused the call, and will refuse it again. */
  Rejected: { retryable: false },
} as const;

export type FailureType = keyof typeof FAILURE_TYPES;

/**
 * The failure of a backend. The message says what was called and what came back, without secrets. It is the same for
 * the same cause, so that people see one error and how many pairs it holds up.
 */
export class BackendError extends Error {
  override name = 'BackendError';
  readonly type: FailureType;
  /** When the backend wants the next try, in ms from now. */
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

/** What a check of a backend found. The message of a `fault` or `warning` says what to do. */
export type Finding = { state: 'ok' | 'warning' | 'fault'; message: string };

/** @param whatToDo what a person can do, for each type of failure */
export function asFault({ type, message }: BackendError, whatToDo: Record<FailureType, string>): Finding {
  return { state: 'fault', message: `${message}; ${whatToDo[type]}` };
}

/** What every backend can do besides the work of its side effect. */
export interface Backend {
  /** Tries everything that the side effect will need, and changes nothing. Never throws. */
  check(): Promise<Finding[]>;
  close(): Promise<void>;
}
