import { createServer, connect as dial, type Socket } from 'node:net';
import { endWithRun } from './end-with-run.ts';
import { freePort } from './ports.ts';

/**
 * - `unsent`: the statement does not reach the server, and the connection is cut.
 * - `answer lost`: the server runs the statement, and the connection is cut when it answers.
 * - `silence`: the server runs the statement, and its answer never arrives.
 */
type Fault = 'unsent' | 'answer lost' | 'silence';

/** A proxy to a PostgreSQL server that fails where a test wants it to. */
export type PostgresProxy = {
  /** The URL of the database through this proxy. */
  url: string;
  /** How long the bytes of each direction take (ms). */
  delay: number;
  /** The connections that were opened so far, and the requests among them to cancel a statement. */
  readonly opened: number;
  readonly cancels: number;
  /** The connections that are open now. */
  readonly open: number;
  /** Whether a message has not met its fault yet. */
  readonly isFailing: boolean;
  /**
   * The next message to the server with this text meets the fault.
   *
   * @param after A text that the same connection must have sent before.
   */
  fail(text: string, fault: Fault, after?: string): void;
  stop(): void;
};

/** The code in the first message of a connection that cancels the statement of another one. */
const cancelRequest = 80_877_102;

/** @param database The URL of the database. */
export async function startPostgresProxy(database: string): Promise<PostgresProxy> {
  const target = new URL(database);
  const state = { delay: 0, opened: 0, cancels: 0 };
  const pairs = new Set<Socket[]>();
  let next: { text: string; fault: Fault; after: string } | undefined;

  const server = createServer((client) => {
    const upstream = dial(Number(target.port), target.hostname);
    const pair = [client, upstream];
    pairs.add(pair);
    const cut = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', cut).on('close', cut);
    const pass = (to: Socket, chunk: Buffer) => {
      if (state.delay === 0) to.write(chunk);
      else setTimeout(() => to.write(chunk), state.delay);
    };
    state.opened += 1;
    let fault: Fault | undefined;
    let begun: typeof next;
    client.once('data', (chunk: Buffer) => {
      if (chunk.length >= 8 && chunk.readUInt32BE(4) === cancelRequest) state.cancels += 1;
    });
    client.on('data', (chunk: Buffer) => {
      if (next && chunk.includes(next.after)) begun = next;
      if (next && begun === next && chunk.includes(next.text)) {
        ({ fault } = next);
        next = undefined;
      }
      if (fault === 'unsent') cut();
      else pass(upstream, chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (fault === 'answer lost') cut();
      else if (fault === undefined) pass(client, chunk);
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = new URL(database);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const stop = () => {
    server.close();
    for (const socket of [...pairs].flat()) socket.destroy();
  };
  const forget = endWithRun(stop);
  return {
    url: url.href,
    get delay() {
      return state.delay;
    },
    set delay(ms) {
      state.delay = ms;
    },
    get opened() {
      return state.opened;
    },
    get cancels() {
      return state.cancels;
    },
    get open() {
      return pairs.size;
    },
    get isFailing() {
      return next !== undefined;
    },
    fail: (text, fault, after = '') => {
      next = { text, fault, after };
    },
    stop() {
      forget();
      stop();
    },
  };
}
