/** Where a span belongs, as W3C Trace Context writes it: `00-<trace id>-<span id>-<flags>`. */
export type TraceParent = string;

export type Attributes = Record<string, string | number | boolean>;

export type SpanOptions = {
  /** Absent: the span begins a new trace. */
  parent?: TraceParent | undefined;
  kind?: 'server' | 'client' | 'internal';
  attributes?: Attributes;
  /** 16 hex digits; absent: a random one. */
  spanId?: string;
  /** In ms since the epoch; absent: now. */
  startedAt?: number;
};

/** One timed operation of a trace. */
export type Span = {
  /** The parent of the spans that this one causes. */
  readonly traceparent: TraceParent;
  /** @param error the type of what went wrong; never a message, which may hold account names */
  end(attributes?: Attributes, error?: string): void;
};

/** Where spans go. Absent if tracing is off: then OpenTelemetry is not even loaded. */
export type Tracing = {
  start(name: string, options?: SpanOptions): Span;
  /** Sends the spans that are left. */
  stop(): Promise<void>;
};

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Undefined: the text is no traceparent. */
export function parseTraceParent(
  text: string,
): { traceId: string; spanId: string; flags: number } | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text) ?? [];
  return traceId && spanId && flags ? { traceId, spanId, flags: Number.parseInt(flags, 16) } : undefined;
}

/** The type of an error, as spans report it. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  return 'type' in error && typeof error.type === 'string' ? error.type : error.name;
}
