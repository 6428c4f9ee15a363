import { write, writeSync } from 'node:fs';
import pino, { type Logger } from 'pino';

export type { Logger } from 'pino';

/** How often lines are written (ms). */
const flushInterval = 100;
/** The number of buffered lines that are written without waiting for the interval. */
const flushAtLines = 256;
/** The maximum number of buffered lines. Further lines are dropped, counted, and reported when there is room again. */
const maxLines = 65_536;

export type Log = {
  log: Logger;
  /**
   * Logs a request after its response, at level info.
   *
   * @param labels Method, route and status, as members of a JSON object.
   * @param requestId Only `[A-Za-z0-9._-]`, because it is not escaped.
   * @param microseconds Until the response was ready; a whole number.
   * @param client As `ClientAddresses.keyFor` returns it.
   * @param traceId Of the trace that has a span of the request.
   */
  request(labels: string, requestId: string, microseconds: number, client: string, traceId?: string): void;
  /** Writes a line that another process has formatted, without its end. */
  relay(line: string): void;
  /** A client address as it is logged; undefined if it is not. */
  client(client: string): string | undefined;
  /** Writes all buffered lines, before the process exits. */
  flush(): void;
};

/** How client addresses are logged: in full (the /64 of IPv6), shortened to /24 or /48, or not at all. */
type ClientAddressInLog = 'full' | 'short' | 'none';

const clientIn: Record<ClientAddressInLog, (client: string) => string | undefined> = {
  full: (client) => client,
  short: shortened,
  none: () => undefined,
};

/** The /24 of an IPv4 address or the /48 of an IPv6 /64, in the notation that `ban` takes; undefined for other text. */
function shortened(client: string): string | undefined {
  const [ipv4] = /^\d+\.\d+\.\d+\./.exec(client) ?? [];
  if (ipv4) return `${ipv4}0/24`;
  const [ipv6] = /^[0-9a-f]+:[0-9a-f]+:[0-9a-f]+(?=:)/.exec(client) ?? [];
  return ipv6 && `${ipv6}::/48`;
}

/**
 * Structured logs on standard output. Lines are buffered and written together, because one write per line costs more
 * than a request. For the same reason request lines are formatted here and not by the library.
 *
 * @param pid The process in every line, if several processes write to one output.
 */
export function createLog(level: string, clientAddress: ClientAddressInLog = 'full', pid?: number): Log {
  const output = new BufferedOutput(1);
  const log = pino({ level, base: pid === undefined ? null : { pid } }, output);
  const by = pid === undefined ? '' : `,"pid":${pid}`;
  const shown = clientIn[clientAddress];
  const request: Log['request'] = (labels, requestId, microseconds, client, traceId) => {
    const address = shown(client);
    // An address needs no escapes.
    const from = address === undefined ? '' : `,"client":"${address}"`;
    const ofTrace = traceId === undefined ? '' : `,"traceId":"${traceId}"`;
    output.write(
      `{"level":30,"msg":"request",${labels},"time":${Date.now()},"microseconds":${microseconds},"requestId":"${requestId}"${from}${ofTrace}${by}}\n`,
    );
  };
  return {
    log,
    relay: (line) => output.write(`${line}\n`),
    client: shown,
    request: log.isLevelEnabled('info') ? request : () => undefined,
    flush: () => output.flush(),
  };
}

class BufferedOutput {
  readonly #descriptor: number;
  #lines: string[] = [];
  #writing = false;
  #dropped = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    setInterval(() => this.#writeLines(), flushInterval).unref();
  }

  write(line: string): void {
    // If the reader of the output is too slow, logs must not fill the memory.
    if (this.#lines.length >= maxLines) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(line);
    if (this.#lines.length >= flushAtLines) this.#writeLines();
  }

  flush(): void {
    try {
      writeSync(this.#descriptor, this.#take());
    } catch {
      // Standard output is closed, so this cannot be reported.
    }
  }

  #take(): string {
    if (this.#dropped > 0) this.#lines.push(droppedLine(this.#dropped));
    const text = this.#lines.join('');
    this.#lines = [];
    this.#dropped = 0;
    return text;
  }

  /** One write at a time keeps the lines in order. A slow reader delays only logs, not requests. */
  #writeLines(): void {
    if (this.#writing || this.#lines.length === 0) return;
    this.#writing = true;
    this.#writeAll(Buffer.from(this.#take()));
  }

  #writeAll(bytes: Uint8Array): void {
    write(this.#descriptor, bytes, 0, bytes.length, null, (error, written) => {
      // Lines that cannot be written are dropped: a full disk or a closed pipe must not stop the server.
      if (error === null && written < bytes.length) return this.#writeAll(bytes.subarray(written));
      this.#writing = false;
    });
  }
}

/** The line that replaces dropped ones, at level warn. The library would write it to the full buffer. */
function droppedLine(lines: number): string {
  return `{"level":40,"time":${Date.now()},"event":"log_lines_dropped","lines":${lines},"msg":"log lines were dropped: they were written faster than read"}\n`;
}
