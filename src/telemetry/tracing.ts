/** Where a span belongs, as W3C Trace Context writes it: `00-<trace id>-<span id>-<flags>`. */
export type TraceParent = string;

export type Attributes = Record<string, string | number | boolean>;

export type SpanOptions = {
  /** Absent: a trace of its own begins. */
  parent?: TraceParent | undefined;
  kind?: 'server' | 'client' | 'internal';
  attributes?: Attributes;
  /** 16 hex digits; absent: any. */
  spanId?: string;
  /** In ms since the epoch; absent: now. */
  startedAt?: number;
};

/** Something that takes its time and belongs to a trace. */
export type Span = {
  /** For what this span causes. */
  readonly traceparent: TraceParent;
  /** @param error the type of what went wrong; never a message, which may hold account names */
  end(attributes?: Attributes, error?: string): void;
};

/** Where spans go. Absent when nobody wants them: then nothing of OpenTelemetry is even loaded. */
export type Tracing = {
  start(name: string, options?: SpanOptions): Span;
  /** Sends what is left. */
  stop(): Promise<void>;
};

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Undefined when it is none. */
export function parseTraceParent(
  text: string,
): { traceId: string; spanId: string; flags: number } | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text) ?? [];
  return traceId && spanId && flags ? { traceId, spanId, flags: Number.parseInt(flags, 16) } : undefined;
}

/** The type of an error, as spans tell it. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  return 'type' in error && typeof error.type === 'string' ? error.type : error.name;
}
