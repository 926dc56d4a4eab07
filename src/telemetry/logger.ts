import type { Logger as TemporalLogger } from '@temporalio/common';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';
import { readWorkflowId } from '../../workflows/contract.ts';
import { errorFields } from './error-fields.ts';

export type { Logger } from 'pino';

/**
 * JSON lines on stderr; readable lines where stderr is a terminal. Stdout belongs to the commands' answers.
 *
 * @param destination where else to, as JSON lines
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // `error` is what the Temporal SDK calls it.
    serializers: { err: errorFields, error: errorFields },
  };
  if (destination) return pino(options, destination);
  if (process.stderr.isTTY) return pino(options, pretty({ destination: 2, sync: true }));
  return pino(options, pino.destination({ dest: 2, sync: true }));
}

/** Lets the Temporal SDK, the workflows and the activities log into the same stream. */
export function forTemporal(logger: Logger): TemporalLogger {
  const write = (level: Level) => (message: string, meta?: object) => logger[level](plain(meta), message);
  return {
    log: (level, message, meta) => write(LEVELS[level])(message, meta),
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';
const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** What the SDK attaches and nobody reads; a task token is a secret besides. */
const DROPPED = new Set(['taskToken', 'isLocal', 'sdkComponent', 'namespace', 'taskQueue']);

/** With the delivery id wherever the SDK says which workflow it is about. */
function plain(meta: object = {}): object {
  const kept = Object.fromEntries(Object.entries(meta).filter(([name]) => !DROPPED.has(name)));
  const deliveryId = deliveryIdOf(kept.workflowId ?? (kept.workflowExecution as Execution)?.workflowId);
  return { ...(deliveryId && { deliveryId }), ...kept };
}

type Execution = { workflowId?: unknown } | undefined;

function deliveryIdOf(workflowId: unknown): string | undefined {
  const isOurs = typeof workflowId === 'string' && workflowId.startsWith('friend-deleted/');
  return isOurs ? readWorkflowId(workflowId).deliveryId || undefined : undefined;
}
