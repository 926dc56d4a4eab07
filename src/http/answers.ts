import type { Context, Next } from 'koa';
import { type Answer, type ForeignAnswer, fail, type Refusal } from '../callback/answer.ts';
import { commandLabel } from '../callback/known-commands.ts';
import { NotDurableError } from '../intake/intake.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { SummedLog } from '../telemetry/summed-log.ts';
import type { Span, Tracing } from '../telemetry/tracing.ts';

/** An answer with its verdict: `accepted`, `duplicate`, or the reason why nothing was started. */
export type Answered = {
  answer: Answer | ForeignAnswer;
  verdict: string;
  /** Absent: the callback was refused before it was read. */
  command?: string;
  deliveryId?: string;
  pairs?: number;
  /** The address of a client that may not post callbacks. */
  client?: string;
};

/** Sets the answer; {@link observeAnswers} reports it. */
export function respond(ctx: Context, answered: Answered): void {
  const { answer } = answered;
  ctx.status = answer.status;
  ctx.body = answer.body;
  if ('headers' in answer) {
    // For bytes Koa sets a content type of its own.
    ctx.remove('Content-Type');
    ctx.set(answer.headers);
  }
  if (answered.deliveryId) ctx.set('x-delivery-id', answered.deliveryId);
  ctx.state.answered = answered;
}

export function refused(reason: Refusal, info?: string): Answered {
  return { answer: fail(reason, info), verdict: reason };
}

export type Observers = {
  logger: Logger;
  summed: SummedLog;
  metrics: Metrics;
  tracing?: Tracing | undefined;
};

/**
 * Counts, times, traces and logs every answer. Only deliveries have a line each. Strangers can cause refusals, and callbacks of
 * other commands are as frequent as messages, under names that a sender can invent: they are summed up. The query string is
 * never logged: for one minute it signs any other callback.
 */
export function observeAnswers({ logger, summed, metrics, tracing }: Observers) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const startedAt = performance.now();
    const span = tracing?.start('POST callback', { kind: 'server' });
    if (span) ctx.state.trace = span.traceparent;
    await next();
    const { answer, client, ...about } = ctx.state.answered as Answered;
    const ms = performance.now() - startedAt;
    if (span) endSpan(span, ctx.state.answered as Answered);
    metrics.callbacks.labels(about.verdict).inc();
    if (about.command !== undefined) metrics.relay.commands.labels(commandLabel(about.command)).inc();
    metrics.answerDuration.observe(ms / 1000);
    if (!logger.isLevelEnabled('info')) return;
    const rounded = Math.round(ms * 10) / 10;
    const { status } = answer;
    const message = 'callback answered';
    if (about.deliveryId !== undefined) logger.info({ ...about, status, ms: rounded }, message);
    else {
      // There are as many addresses as strangers like. The line shows one of them.
      const fields = { ms: rounded, ...(client && { client }) };
      const { command, ...others } = about;
      const kind = { ...others, ...(command !== undefined && { command: commandLabel(command) }), status };
      summed.write({ level: 'info', message, kind, fields });
    }
  };
}

/** The span has no path, because the path may be a secret. */
function endSpan(span: Span, { answer, verdict, deliveryId, pairs }: Answered): void {
  span.end(
    {
      'http.response.status_code': answer.status,
      'unfriend.verdict': verdict,
      ...(deliveryId && { 'unfriend.delivery_id': deliveryId }),
      ...(pairs && { 'unfriend.pairs': pairs }),
    },
    answer.status >= 500 ? verdict : undefined,
  );
}

/**
 * The one place where an error becomes an answer. The answer shows nothing of the error. It only says that the callback
 * was not made durable.
 */
export function answerErrors({ logger, summed }: Pick<Observers, 'logger' | 'summed'>) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
    } catch (error) {
      if (error instanceof NotDurableError) {
        const { deliveryId, message: reason } = error;
        logger.error({ deliveryId, reason }, 'callback not accepted');
      } else {
        const message = 'callback not accepted: unexpected error';
        summed.write({ level: 'error', message, fields: { err: error } });
      }
      respond(ctx, refused('unavailable'));
    }
  };
}

/** Koa reads the request target with Node's own parser, which throws for some targets, such as `http://[/`. */
export async function refuseMalformedTargets(ctx: Context, next: Next): Promise<void> {
  if (hasReadableTarget(ctx)) return next();
  respond(ctx, refused('malformed-http'));
}

function hasReadableTarget(ctx: Context): boolean {
  try {
    return ctx.path !== undefined;
  } catch {
    return false;
  }
}
