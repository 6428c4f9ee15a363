import type { Server } from '../server/index.ts';

type ListenOptions = {
  host: string;
  port: number;
  /** Bodies over this many bytes are cut off by the runtime, where it can. Above any limit of the APIs. */
  largestBody: number;
  /** How long a connection may be silent outside of request bodies (seconds), where the runtime has such a limit. */
  idleTimeout?: number;
};

export type Listener = {
  port: number;
  /** Takes no new connections, and resolves when the requests in flight are answered. */
  stop(): Promise<void>;
  /**
   * Closes connections that had an answer and have no request under way, where the runtime can. Clients have to expect
   * this of a persistent connection at any time (RFC 9112, section 9.5).
   */
  closeIdleConnections?(): void;
};

/** Connects a server to a runtime's HTTP. */
export type Listen = (server: Server, options: ListenOptions) => Promise<Listener>;
