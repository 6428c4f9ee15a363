import pg from 'pg';

type Connected = (error: Error | null, client?: pg.Client) => void;

/**
 * A class of connections to the primary. Of several hosts in the URL, a new connection goes to the one that served
 * last; after a failure, or if that host is a standby, the next connection goes to the next host.
 *
 * @param url `postgres://` URL; a function is called for each connection, so that a changed password is used.
 */
export function primaryClient(url: string | (() => string)) {
  let host = 0;
  return class PrimaryClient extends pg.Client {
    readonly #host = host;

    constructor(config?: pg.ClientConfig) {
      const urls = urlsOf(typeof url === 'string' ? url : url());
      super({ ...config, connectionString: urls[host % urls.length] ?? '' });
      // Without a listener, a connection that breaks while no statement runs would end the process.
      this.on('error', () => undefined);
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<pg.Client> | undefined {
      const connected = this.#connect();
      if (callback === undefined) return connected;
      connected.then((client) => callback(null, client), callback);
      return undefined;
    }

    async #connect(): Promise<pg.Client> {
      try {
        await super.connect();
        await this.#requirePrimary();
        return this;
      } catch (error) {
        if (this.#host === host) host += 1;
        // The pool forgets a connection that fails here, and would leave it open.
        this.end().catch(() => undefined);
        throw error;
      }
    }

    async #requirePrimary(): Promise<void> {
      const { rows } = await this.query('SELECT pg_is_in_recovery() AS "isStandby"');
      if (rows[0]?.isStandby)
        throw new Error(`${this.host} is a standby: DATABASE_URL must name the primary`);
    }
  };
}

/** The URL once for each of its hosts. */
export function urlsOf(url: string): string[] {
  const [, before = '', hosts = '', after = ''] = /^(\w+:\/\/(?:[^@/?]*@)?)([^/?]*)(.*)$/.exec(url) ?? [];
  return hosts.split(',').map((host) => `${before}${host}${after}`);
}
