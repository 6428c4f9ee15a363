import type { Server } from '../server/index.ts';

type ListenOptions = {
  host: string;
  port: number;
  /** The runtime rejects bodies over this many bytes, if it can. It is above all limits of the APIs. */
  maxBodySize: number;
  /** How long a connection may be silent outside of request bodies (seconds), if the runtime has such a limit. */
  idleTimeout?: number;
  /** Other processes listen on the same port, and the system divides the connections among them. */
  sharesPort?: boolean;
};

export type Listener = {
  port: number;
  /** Stops accepting connections, and resolves when the requests in flight are answered. */
  stop(): Promise<void>;
  /**
   * Closes connections that got a response and have no request in flight, if the runtime can. Clients have to expect
   * this of a persistent connection at any time (RFC 9112, section 9.5).
   */
  closeIdleConnections?(): void;
};

/** Serves a server with a runtime's HTTP. */
export type Listen = (server: Server, options: ListenOptions) => Promise<Listener>;
