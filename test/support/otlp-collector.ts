// A collector of traces: OTLP/HTTP with Protobuf, by opentelemetry-proto 1.9 (collector/trace/v1, trace/v1).

/** The fields of a Protobuf message by their numbers, each with all its values. */
type Fields = Map<number, (bigint | Uint8Array)[]>;

export type Attributes = Record<string, string | number | boolean>;

export type CollectedSpan = {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  /** 2 is a server's (SpanKind). */
  kind: number;
  /** Nanoseconds since the epoch. */
  start: bigint;
  end: bigint;
  attributes: Attributes;
  /** 2 is an error (StatusCode). */
  status: number;
  statusMessage: string;
  /** Of the server that sent it. */
  resource: Attributes;
};

export type Collector = {
  url: string;
  spans: CollectedSpan[];
  /** Each request, with its body as it arrived. */
  requests: { path: string; headers: Headers; body: Uint8Array }[];
  /** How it answers from now on. */
  behave(how: 'accept' | 'refuse' | 'hang'): void;
  stop(): Promise<void>;
};

/** Starts a collector on loopback. */
export function startCollector(): Collector {
  const spans: CollectedSpan[] = [];
  const requests: Collector['requests'] = [];
  let behaviour: Parameters<Collector['behave']>[0] = 'accept';
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 120,
    async fetch(request) {
      const body = await request.bytes();
      requests.push({ path: new URL(request.url).pathname, headers: request.headers, body });
      if (behaviour === 'hang') return new Promise<Response>(() => undefined);
      if (behaviour === 'refuse') return new Response('no', { status: 400 });
      spans.push(...spansOf(body));
      return new Response(new Uint8Array(), { headers: { 'content-type': 'application/x-protobuf' } });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    spans,
    requests,
    behave: (how) => {
      behaviour = how;
    },
    stop: () => server.stop(true),
  };
}

function spansOf(body: Uint8Array): CollectedSpan[] {
  return messages(parse(body), 1).flatMap((resourceSpans) => {
    const resource = attributesOf(messages(resourceSpans, 1)[0] ?? new Map(), 1);
    return messages(resourceSpans, 2).flatMap((scopeSpans) =>
      messages(scopeSpans, 2).map((span) => {
        const [status = new Map()] = messages(span, 15);
        return {
          traceId: hex(span, 1),
          spanId: hex(span, 2),
          traceState: text(span, 3),
          parentSpanId: hex(span, 4),
          name: text(span, 5),
          kind: Number(number(span, 6)),
          start: number(span, 7),
          end: number(span, 8),
          attributes: attributesOf(span, 9),
          statusMessage: text(status, 2),
          status: Number(number(status, 3)),
          resource,
        };
      }),
    );
  });
}

function attributesOf(fields: Fields, at: number): Attributes {
  return Object.fromEntries(
    messages(fields, at).map((pair) => {
      const value = messages(pair, 2)[0] ?? new Map();
      const shown = value.has(1)
        ? text(value, 1)
        : value.has(2)
          ? number(value, 2) === 1n
          : Number(number(value, 3));
      return [text(pair, 1), shown];
    }),
  );
}

function bytes(fields: Fields, at: number): Uint8Array {
  const [value] = fields.get(at) ?? [];
  return value instanceof Uint8Array ? value : new Uint8Array();
}

const text = (fields: Fields, at: number) => new TextDecoder().decode(bytes(fields, at));
const hex = (fields: Fields, at: number) => bytes(fields, at).toHex();

function number(fields: Fields, at: number): bigint {
  const [value] = fields.get(at) ?? [];
  return typeof value === 'bigint' ? value : 0n;
}

function messages(fields: Fields, at: number): Fields[] {
  return (fields.get(at) ?? []).map((value) => parse(value as Uint8Array));
}

/** @throws Error if it is no Protobuf message */
function parse(message: Uint8Array): Fields {
  const fields: Fields = new Map();
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const read = (encoding: number): bigint | Uint8Array => {
    if (encoding === 0) return varint();
    if (encoding === 1) {
      at += 8;
      return view.getBigUint64(at - 8, true);
    }
    if (encoding === 5) {
      at += 4;
      return BigInt(view.getUint32(at - 4, true));
    }
    if (encoding !== 2) throw new Error(`unknown encoding ${encoding} at byte ${at}`);
    const length = Number(varint());
    at += length;
    if (at > message.length) throw new Error('a field is longer than its message');
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const values = fields.get(tag >> 3) ?? [];
    values.push(read(tag & 7));
    fields.set(tag >> 3, values);
  }
  return fields;
}
