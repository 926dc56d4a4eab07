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

/** A collector that is away must not hold up a stop, in ms. */
const FLUSH_MS = 3_000;

/** While a collector is away, one line tells of it in this time, in ms. */
const COMPLAIN_EVERY_MS = 60_000;

/**
 * Sends spans by OTLP over HTTP as JSON. Where to, which of them, how many at once: the SDK reads all of the standard
 * settings (`OTEL_EXPORTER_OTLP_*`, `OTEL_TRACES_SAMPLER*`, `OTEL_BSP_*`, `OTEL_RESOURCE_ATTRIBUTES`) by itself.
 * Contexts are handed on by arguments: OpenTelemetry's own way makes every promise dearer.
 */
export function createTracing(logger: Logger): Tracing {
  complainTo(logger);
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

/** Ids by chance, but for a span whose id others had to know before. */
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

function complainTo(logger: Logger): void {
  let complainedAt = Number.NEGATIVE_INFINITY;
  const complain = (message: string) => {
    if (performance.now() - complainedAt < COMPLAIN_EVERY_MS) return;
    complainedAt = performance.now();
    logger.warn({ reason: message.slice(0, 300) }, 'spans could not be sent');
  };
  const ignore = () => undefined;
  diag.setLogger(
    { error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
