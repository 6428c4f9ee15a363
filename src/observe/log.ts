import { write, writeSync } from 'node:fs';
import pino, { type Logger } from 'pino';

export type { Logger } from 'pino';

/** How long a line may wait to be written (ms). */
const flushEvery = 100;
/** How many lines are written at once. */
const linesAtOnce = 256;
/** How many lines may wait; more are dropped, counted, and reported by a line when there is room again. */
const mostLines = 65_536;

export type Log = {
  log: Logger;
  /**
   * Logs an answered request, at level info.
   *
   * @param labels Method, route and status, as members of a JSON object.
   * @param requestId Of `[A-Za-z0-9._-]` only: it is not escaped.
   * @param microseconds Until the answer was ready; a whole number.
   * @param client As `ClientAddresses.keyFor` gives it.
   */
  request(labels: string, requestId: string, microseconds: number, client: string): void;
  /** A client's address as the log has it; undefined where it has none. */
  client(client: string): string | undefined;
  /** Writes what waits: before the process ends. */
  flush(): void;
};

/** Whether lines have the client's address: in full (of IPv6 the /64), its /24 or /48, or not at all. */
type ClientAddressInLog = 'full' | 'short' | 'none';

const clientIn: Record<ClientAddressInLog, (client: string) => string | undefined> = {
  full: (client) => client,
  short: shortened,
  none: () => undefined,
};

/** The /24 of an IPv4 address and the /48 of an IPv6 /64, as they can be banned; other text not at all. */
function shortened(client: string): string | undefined {
  const [ipv4] = /^\d+\.\d+\.\d+\./.exec(client) ?? [];
  if (ipv4) return `${ipv4}0/24`;
  const [ipv6] = /^[0-9a-f]+:[0-9a-f]+:[0-9a-f]+(?=:)/.exec(client) ?? [];
  return ipv6 && `${ipv6}::/48`;
}

/**
 * Structured logs on standard output. Lines are gathered and written together, beside the requests: a write
 * for each line costs more than the request that it tells of. For the same reason the one line that every
 * request has is put together here and not by the library.
 */
export function createLog(level: string, clientAddress: ClientAddressInLog = 'full'): Log {
  const output = new BufferedOutput(1);
  const log = pino({ level, base: null }, output);
  const shown = clientIn[clientAddress];
  const request = (labels: string, requestId: string, microseconds: number, client: string) => {
    const address = shown(client);
    // An address needs no escapes.
    const from = address === undefined ? '' : `,"client":"${address}"`;
    output.write(
      `{"level":30,"msg":"request",${labels},"time":${Date.now()},"microseconds":${microseconds},"requestId":"${requestId}"${from}}\n`,
    );
  };
  return {
    log,
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
    setInterval(() => this.#writeLines(), flushEvery).unref();
  }

  write(line: string): void {
    // Nobody reads the output, or too slowly: logs must not fill the memory.
    if (this.#lines.length >= mostLines) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(line);
    if (this.#lines.length >= linesAtOnce) this.#writeLines();
  }

  flush(): void {
    try {
      writeSync(this.#descriptor, this.#take());
    } catch {
      // Standard output is closed: there is nowhere left to say so.
    }
  }

  #take(): string {
    if (this.#dropped > 0) this.#lines.push(droppedLine(this.#dropped));
    const text = this.#lines.join('');
    this.#lines = [];
    this.#dropped = 0;
    return text;
  }

  /** One write at a time keeps the lines in order; a reader that is slow delays logs and not requests. */
  #writeLines(): void {
    if (this.#writing || this.#lines.length === 0) return;
    this.#writing = true;
    this.#writeAll(Buffer.from(this.#take()));
  }

  #writeAll(bytes: Uint8Array): void {
    write(this.#descriptor, bytes, 0, bytes.length, null, (error, written) => {
      // What cannot be written is dropped: a full disk or a closed pipe must not end the service.
      if (error === null && written < bytes.length) return this.#writeAll(bytes.subarray(written));
      this.#writing = false;
    });
  }
}

/** The line that stands for dropped ones, at level warn. The library would write it to the full buffer. */
function droppedLine(lines: number): string {
  return `{"level":40,"time":${Date.now()},"event":"log_lines_dropped","lines":${lines},"msg":"log lines were dropped: they were written faster than read"}\n`;
}
