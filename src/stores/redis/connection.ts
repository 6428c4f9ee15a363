import { connect, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';

export type RedisAddress = {
  url: string;
  /** Looks up the name of Redis's host. */
  lookup: LookupFunction;
};

/**
 * A client of one Redis, over one connection. It connects in the background and reconnects forever. Without a
 * connection, commands fail immediately.
 *
 * @param options `commandTimeout` is the time (ms) after which a command fails.
 */
export function connectRedis(
  { url, lookup }: RedisAddress,
  options: Required<Pick<RedisOptions, 'commandTimeout'>> & Pick<RedisOptions, 'autoResubscribe'>,
): Redis {
  return new Redis(url, {
    ...options,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2000,
    Connector: connectorWith(lookup),
    retryStrategy: (tries) => Math.min(100 * tries, 1000),
    // Commands show whether Redis is ready. The check would print a line if the user may not call INFO.
    enableReadyCheck: false,
  });
}

/** Connects as the client's own connector does, but with a `lookup`, for which the client has no option. */
function connectorWith(lookup: LookupFunction) {
  return class extends AbstractConnector {
    readonly #options: RedisOptions;

    constructor(options: unknown) {
      const given = options as RedisOptions;
      super(given.disconnectTimeout ?? 2000);
      this.#options = given;
    }

    async connect(): Promise<Socket> {
      const { path, host = 'localhost', port = 6379, family, tls } = this.#options;
      const target = path ? { path } : { host, port, family, lookup };
      this.connecting = true;
      const socket = tls ? connectTls({ ...target, ...tls }) : connect(target);
      socket.once('error', (error) => {
        this.firstError = error;
      });
      this.stream = socket;
      return socket;
    }
  };
}

/** The host and port of a Redis, without its credentials. */
export function redisHost(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname || 'localhost'}:${port || 6379}`;
}
