import { DiagLogLevel, diag, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
} from '@opentelemetry/sdk-trace-base';
import { inTime } from '../in-time.ts';
import { VERSION } from '../package-root.ts';
import type { Logger } from './logger.ts';
import { parseTraceParent, type Span, type SpanOptions, type TraceParent, type Tracing } from './tracing.ts';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

/** How long a stop waits until the last spans are sent, in ms: the collector may be away. */
const FLUSH_MS = 3_000;

/** While the collector is away, at most one line per this time reports it, in ms. */
const LOG_EVERY_MS = 60_000;

/**
 * Sends spans by OTLP over HTTP as JSON. The SDK itself reads the standard settings, which say where spans go, which of
 * them, and how many at once: `OTEL_EXPORTER_OTLP_*`, `OTEL_TRACES_SAMPLER*`, `OTEL_BSP_*`, `OTEL_RESOURCE_ATTRIBUTES`.
 * Contexts are passed as arguments, because OpenTelemetry's own way makes every promise slower.
 */
export function createTracing(logger: Logger): Tracing {
  logSendFailures(logger);
  const ids = new ChosenIds();
  const service = resourceFromAttributes({ 'service.name': 'unfriend', 'service.version': VERSION });
  const provider = new BasicTracerProvider({
    resource: service.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    idGenerator: ids,
  });
  const tracer = provider.getTracer('unfriend', VERSION);
  return {
    start(name, { parent, kind = 'internal', attributes = {}, spanId, startedAt }: SpanOptions = {}): Span {
      ids.next = spanId;
      const span = tracer.startSpan(
        name,
        { kind: KINDS[kind], attributes, ...(startedAt !== undefined && { startTime: startedAt }) },
        contextOf(parent),
      );
      const { traceId, spanId: own, traceFlags } = span.spanContext();
      return {
        traceparent: `00-${traceId}-${own}-${traceFlags.toString(16).padStart(2, '0')}`,
        end(more = {}, error) {
          span.setAttributes(more);
          if (error) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
          span.end();
        },
      };
    },
    async stop() {
      await inTime(provider.shutdown(), FLUSH_MS, 'the collector is away').catch(() => undefined);
    },
  };
}

/** Makes random ids, except for a span whose id is given in `next`. */
class ChosenIds implements IdGenerator {
  next: string | undefined;
  readonly #random = new RandomIdGenerator();

  generateTraceId(): string {
    return this.#random.generateTraceId();
  }

  generateSpanId(): string {
    const chosen = this.next ?? this.#random.generateSpanId();
    this.next = undefined;
    return chosen;
  }
}

function contextOf(parent: TraceParent | undefined) {
  const parsed = parent === undefined ? undefined : parseTraceParent(parent);
  if (!parsed) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = parsed;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true });
}

/** OpenTelemetry reports its failures only to its own diagnostic logger. */
function logSendFailures(logger: Logger): void {
  let loggedAt = Number.NEGATIVE_INFINITY;
  const logFailure = (message: string) => {
    if (performance.now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = performance.now();
    logger.warn({ reason: message.slice(0, 300) }, 'spans could not be sent');
  };
  const ignore = () => undefined;
  diag.setLogger(
    { error: logFailure, warn: logFailure, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
