/** A database: a file on this machine, or a server that the nodes share. */
export type DatabaseUrl = { kind: 'file'; file: string } | { kind: 'server'; server: DatabaseServer };

export type DatabaseServer = {
  url: string;
  user: string;
  database: string;
  /** Hosts and ports with the database, without credentials, for messages and logs. */
  where: string;
};

/** The parameters of the URL that the driver gets. Any other would be ignored silently. */
const knownParameters = new Set(['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey']);

const serverUrl = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)\/([^/?#]+)(?:\?([^#]*))?$/;

/**
 * Parses `DATABASE_URL`.
 *
 * @returns The database; a text with the rule that the URL breaks, without its values; undefined for another protocol.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl | string | undefined {
  const file = /^(?:sqlite|file):(?:\/\/)?(.+)$/.exec(text)?.[1];
  if (file !== undefined) return { kind: 'file', file };
  if (!/^postgres(?:ql)?:/.test(text)) return undefined;
  const server = parseServer(text);
  return typeof server === 'string' ? server : { kind: 'server', server };
}

function parseServer(url: string): DatabaseServer | string {
  const [, credentials = '', places = '', database = '', query = ''] = serverUrl.exec(url) ?? [];
  const parameters = new URLSearchParams(query);
  const folder = parameters.get('host');
  const hosts = folder === null ? places.split(',') : [folder];
  const parsed = hosts.map((host) => `postgres://${folder === null ? host : ''}/`);
  const [user = ''] = credentials.split(':');
  // For an empty host, the driver uses the environment.
  const isIncomplete = database === '' || user === '' || hosts.includes('');
  if (isIncomplete || !parsed.every((each) => URL.canParse(each)))
    return 'must be postgres://USER[:PASSWORD]@HOST[:PORT][,HOST[:PORT]]/DATABASE, with special characters as %XX';
  if (folder !== null && (!folder.startsWith('/') || places !== ''))
    return 'may have the parameter host only for the folder of a socket, and then no other host';
  const names = [...parameters.keys()];
  const unknown = names.find((name) => !knownParameters.has(name));
  if (unknown !== undefined) return `must not have the parameter ${JSON.stringify(unknown)}`;
  // The driver takes the last one, and the first one is checked here.
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) return `must have the parameter ${JSON.stringify(repeated)} only once`;
  const rule = sslRule(hosts, parameters);
  if (rule !== undefined) return rule;
  return {
    url,
    user: decoded(user),
    database: decoded(database),
    where: `${hosts.join()}/${decoded(database)}`,
  };
}

/**
 * Other modes do not check which server answers, and their meaning differs between drivers.
 */
function sslRule(hosts: string[], parameters: URLSearchParams): string | undefined {
  const mode = parameters.get('sslmode');
  if (mode !== null && mode !== 'verify-full' && mode !== 'disable')
    return 'must have sslmode=verify-full (with sslrootcert=FILE for a private certificate authority) or sslmode=disable';
  if (mode === null && !hosts.every(isLocal))
    return 'must have sslmode=verify-full, or sslmode=disable for a connection without TLS';
  return undefined;
}

/** Whether a host is this machine: the loopback interface, or a socket. */
function isLocal(place: string): boolean {
  return /^(?:\/|%2f|(?:localhost|127(?:\.\d+){3}|\[::1\])?(?::\d+)?$)/i.test(place);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
