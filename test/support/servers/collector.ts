import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A span as a collector gets it. */
export type CollectedSpan = {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  attributes: Record<string, unknown>;
  /** 2: an error. */
  status: number;
  startedAt: bigint;
  endedAt: bigint;
};

type WireSpan = Omit<CollectedSpan, 'attributes' | 'status' | 'startedAt' | 'endedAt'> & {
  attributes: { key: string; value: Record<string, unknown> }[];
  status?: { code?: number };
  startTimeUnixNano: string;
  endTimeUnixNano: string;
};

/** Stands in for an OpenTelemetry collector: takes spans by OTLP over HTTP, as JSON. */
export class TestCollector {
  readonly spans: CollectedSpan[] = [];
  /** All that came, as it came. */
  received = '';
  #server = createServer(async (request, response) => {
    const body = await text(request);
    this.received += body;
    if (request.url === '/v1/traces') this.#keep(JSON.parse(body));
    response.setHeader('content-type', 'application/json').end('{}');
  });

  static async start(): Promise<TestCollector> {
    const collector = new TestCollector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Of one trace, in the order in which they began. */
  trace(traceId: string): CollectedSpan[] {
    const spans = this.spans.filter((span) => span.traceId === traceId);
    return spans.sort((one, other) => Number(one.startedAt - other.startedAt));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(body: { resourceSpans: { scopeSpans: { spans: WireSpan[] }[] }[] }): void {
    const spans = body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
    for (const { name, traceId, spanId, parentSpanId, ...span } of spans) {
      this.spans.push({
        ...{ name, traceId, spanId, parentSpanId, status: span.status?.code ?? 0 },
        attributes: Object.fromEntries(
          span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
        ),
        ...{ startedAt: BigInt(span.startTimeUnixNano), endedAt: BigInt(span.endTimeUnixNano) },
      });
    }
  }
}
