// Loaded only if traces are exported (src/composition/tracing.ts).
import { randomUUID } from 'node:crypto';
import { DiagLogLevel, diag, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { ExportResultCode, parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from './log.ts';
import { reasonOf } from './reason.ts';

/** The minimum time between two warnings (ms). */
const warningInterval = 60_000;
/** How long the stop of the server may wait for the collector (ms). */
const flushTimeout = 2000;

/** How traces are exported. */
type Settings = {
  /** The URL that gets the spans. */
  url: string;
  headers: Record<string, string>;
  sampler: {
    name: keyof typeof samplers;
    /** From 0 to 1, for `traceidratio`. */
    fraction: number;
  };
  /** Attributes of this server, by the semantic conventions of OpenTelemetry. */
  resource: Record<string, string>;
  /** How long a span waits for others (ms). */
  exportDelay: number;
};

/** A request and its response, as far as a span may show them. */
type AnsweredRequest = {
  /** One of the known methods, or `OTHER`. */
  method: string;
  /** The pattern of the route; undefined for an unknown path. */
  route: string | undefined;
  status: number;
  /** The code of the failure, if there was one. */
  failure: string | undefined;
  /** From the request until the response was ready. */
  milliseconds: number;
  /** The header of the request. */
  traceparent: string | null;
};

/** Exports a span of each request by OTLP over HTTP. */
export class OpenTelemetry {
  readonly #provider: TracerProvider;
  readonly #tracer: ReturnType<TracerProvider['getTracer']>;
  readonly #publicUrl: () => string;
  #address: Record<string, string | number> | undefined;
  readonly #warn: (error: unknown, spans: number) => void;

  /** @param publicUrl Returns what links begin with. */
  constructor(settings: Settings, publicUrl: () => string, log: Logger) {
    this.#publicUrl = publicUrl;
    const { url, headers, sampler, resource, exportDelay } = settings;
    this.#warn = limitedWarnings(log, new URL(url).host);
    const warn = (message: string) => this.#warn(new Error(message), 0);
    const ignore = () => undefined;
    const diagnostics = { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
    diag.setLogger(diagnostics, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    this.#provider = new TracerProvider({
      sampler: samplers[sampler.name](sampler.fraction),
      resource: defaultResource().merge(
        resourceFromAttributes({ 'service.instance.id': randomUUID(), ...resource }),
      ),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: this.#reporting(new OTLPTraceExporter({ url, headers })),
          scheduledDelayMillis: exportDelay,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('mayfly', resource['service.version']);
  }

  /**
   * A span is created when its request is answered, so that the sampler knows the route. By the semantic conventions for
   * HTTP, except that the path, the query and all headers are left out: they hold ids, names and tokens.
   *
   * @returns The id of its trace; undefined if the sampler left the request out.
   */
  record({ method, route, status, failure, milliseconds, traceparent }: AnsweredRequest): string | undefined {
    const endTime = Date.now();
    const known = method === 'OTHER' ? { name: 'HTTP', method: '_OTHER' } : { name: method, method };
    const isError = status >= 500;
    const span = this.#tracer.startSpan(
      route === undefined ? known.name : `${known.name} ${route}`,
      {
        kind: SpanKind.SERVER,
        startTime: endTime - milliseconds,
        attributes: {
          'http.request.method': known.method,
          ...(route !== undefined && { 'http.route': route }),
          'http.response.status_code': status,
          ...(isError && { 'error.type': failure ?? String(status) }),
          ...this.#serverAddress(),
        },
      },
      contextOf(traceparent),
    );
    if (!span.isRecording()) return undefined;
    if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endTime);
    return span.spanContext().traceId;
  }

  /** Not that of `Host`, which is text of the client. */
  #serverAddress() {
    if (this.#address) return this.#address;
    const { protocol, hostname, port } = new URL(this.#publicUrl());
    const scheme = protocol.slice(0, -1);
    this.#address = {
      'url.scheme': scheme,
      'server.address': hostname,
      'server.port': Number(port) || (scheme === 'https' ? 443 : 80),
    };
    return this.#address;
  }

  /** Sends what is recorded, within a time limit. Never rejects. */
  async close(): Promise<void> {
    const late = new Error(`the collector did not take the last spans within ${flushTimeout} ms`);
    const timeout = new Promise((_, reject) => setTimeout(reject, flushTimeout, late).unref());
    await Promise.race([this.#provider.shutdown(), timeout]).catch((error) => this.#warn(error, 0));
  }

  /** Reports failures here, because the library would report each of them in its own way. */
  #reporting(exporter: OTLPTraceExporter): SpanExporter {
    return {
      export: (spans, done) =>
        exporter.export(spans, ({ code, error }) => {
          if (code !== ExportResultCode.SUCCESS) this.#warn(error, spans.length);
          done({ code: ExportResultCode.SUCCESS });
        }),
      shutdown: () => exporter.shutdown(),
    };
  }
}

/** Only `traceparent`: `tracestate` and `baggage` are free text of the client. */
function contextOf(traceparent: string | null) {
  const parent = traceparent === null ? null : parseTraceParent(traceparent);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT;
}

/** By the names of `OTEL_TRACES_SAMPLER`. */
const samplers = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (fraction) => new TraceIdRatioBasedSampler(fraction),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (fraction) =>
    new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(fraction) }),
} satisfies Record<string, (fraction: number) => Sampler>;

/** Logs the first failure, and then one line per interval with the number of spans that were lost since. */
function limitedWarnings(log: Logger, host: string): (error: unknown, spans: number) => void {
  let nextAt = 0;
  let lost = 0;
  return (error, spans) => {
    lost += spans;
    if (performance.now() < nextAt) return;
    nextAt = performance.now() + warningInterval;
    const { code, reason } = reasonOf(error);
    log.warn({ event: 'trace_export_failed', host, spans: lost, code, reason }, 'traces are not exported');
    lost = 0;
  };
}
