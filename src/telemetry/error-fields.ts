import { types } from 'node:util';

/** What the log holds of an error. */
export type ErrorFields = {
  type: string;
  message: string;
  code?: string | number;
  /** Frames only: its first line would repeat the message. */
  stack: string;
  cause?: ErrorFields;
};

/** How many causes of causes are followed: an error can be its own cause. */
const MAX_DEPTH = 5;

/**
 * The log's serializer of errors. An error's other properties never reach the log: they can be the very input that
 * caused it. For example, `ERR_INVALID_URL` carries the whole URL as `input`, a secret path and a Sign included.
 */
export function errorFields(error: unknown): unknown {
  return isError(error) ? fieldsOf(error, 0) : withoutProperties(error);
}

function fieldsOf(error: Error, depth: number): ErrorFields {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return {
    type: error.constructor?.name || error.name,
    message: canQuoteInput(error, code) ? 'left out, because it can quote the refused input' : error.message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    stack: framesOf(error),
    ...(isError(cause) && depth < MAX_DEPTH && { cause: fieldsOf(cause, depth + 1) }),
  };
}

/** Errors of workflows come from another realm, so they are no instances of this realm's Error. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** JSON.parse quotes a part of what it could not parse. Node.js' own errors quote values; their codes say enough. */
function canQuoteInput(error: Error, code: unknown): boolean {
  return error.name === 'SyntaxError' || (typeof code === 'string' && code.startsWith('ERR_'));
}

function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

/** Reports only the type of a thrown object that is no error: nobody knows what the object holds. */
function withoutProperties(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? { type: value.constructor?.name ?? 'Object' } : value;
}
