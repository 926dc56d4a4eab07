import type { Logger as TemporalLogger } from '@temporalio/common';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';
import { isWorkflowId, readWorkflowId } from '../../workflows/contract.ts';
import { errorFields } from './error-fields.ts';
import { TERMINAL_FORMAT } from './terminal-line.ts';

export type { Logger } from 'pino';

/**
 * JSON lines on stderr. If stderr is a terminal, lines for people. Stdout belongs to the answers of the commands.
 *
 * @param destination for tests: takes the JSON lines instead of stderr
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
  if (process.stderr.isTTY) return pino(options, pretty({ ...TERMINAL_FORMAT, destination: 2, sync: true }));
  return pino(options, pino.destination({ dest: 2, sync: true }));
}

/** The logger of the Temporal SDK, the workflows and the activities. They write into the same stream. */
export function forTemporal(logger: Logger): TemporalLogger {
  const write = (level: Level) => (message: string, meta?: object) =>
    logger[levelFor(level, message, meta)](plain(meta), message);
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

/** The parts of the SDK that write lines about the SDK itself. */
const SDK_PARTS: unknown[] = ['worker', 'core'];

/** Unfriend has lines of its own for these: a failed attempt, a delivery's end, a worker that cannot run. */
const LOGGED_BY_UNFRIEND = /^(Activity (failed|completed)|Workflow failed|Worker failed)/;

/** A workflow task that took long. Nobody can act on a single one, and the metrics count them. */
const SLOW_TASK = /^\[TMPRL1104\]/;

/** Lines of the SDK itself are for debugging, except warnings and errors that Unfriend does not log itself. */
function levelFor(level: Level, message: string, meta: { sdkComponent?: unknown } = {}): Level {
  if (!SDK_PARTS.includes(meta.sdkComponent)) return level;
  const isNews =
    (level === 'warn' || level === 'error') && !LOGGED_BY_UNFRIEND.test(message) && !SLOW_TASK.test(message);
  return isNews || level === 'trace' ? level : 'debug';
}

/** Fields of the SDK that nobody reads. A task token is also a secret, and a task holds the accounts of its pairs. */
const DROPPED = new Set([
  'taskToken',
  'task',
  'taskEncoded',
  'isLocal',
  'sdkComponent',
  'namespace',
  'taskQueue',
]);

/** Adds the delivery id if the SDK says which workflow the line is about. */
function plain(meta: object = {}): object {
  const kept = Object.fromEntries(Object.entries(meta).filter(([name]) => !DROPPED.has(name)));
  const deliveryId = deliveryIdOf(kept.workflowId ?? (kept.workflowExecution as Execution)?.workflowId);
  return { ...(deliveryId && { deliveryId }), ...kept };
}

type Execution = { workflowId?: unknown } | undefined;

function deliveryIdOf(workflowId: unknown): string | undefined {
  const isOurs = typeof workflowId === 'string' && isWorkflowId(workflowId);
  return isOurs ? readWorkflowId(workflowId).deliveryId || undefined : undefined;
}
