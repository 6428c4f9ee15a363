import { write, writeSync } from 'node:fs';
import pino, { type Logger } from 'pino';

export type { Logger } from 'pino';

/** How long a line may wait to be written (ms). */
const flushEvery = 100;
/** How many lines are written at once. */
const linesAtOnce = 256;

/**
 * Structured logs on standard output. Lines are gathered and written together, beside the requests: a write
 * for each line costs more than the request that it tells of. `flush` writes what waits, before the end.
 */
export function createLog(level: string): { log: Logger; flush: () => void } {
  const output = new BufferedOutput(1);
  const log = pino({ level, base: null }, output);
  return { log, flush: () => output.flush() };
}

class BufferedOutput {
  readonly #descriptor: number;
  #lines: string[] = [];
  #writing = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    setInterval(() => this.#writeLines(), flushEvery).unref();
  }

  write(line: string): void {
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
    const text = this.#lines.join('');
    this.#lines = [];
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
