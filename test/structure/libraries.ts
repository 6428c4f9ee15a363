/** The core's libraries: small, pure, each with a reason. */
export const coreLibraries: Record<string, string> = {
  nanoid: 'ids',
  ulid: 'ids that sort by time',
  'ipaddr.js': 'addresses are not parsed by hand',
  'whatwg-mimetype': 'media types are not parsed by hand',
  standardwebhooks: 'the signature of a webhook’s deliveries',
  'node:buffer': 'isUtf8, the platform’s own check',
  'node:net': 'isIP, the platform’s own check',
  'node:crypto': 'hashes, ciphers and comparison in constant time',
};

/** Where the libraries for the outside world may be used, so that another store changes no other layer. */
export const homes: Record<string, string[]> = {
  elysia: ['server', 'api', 'api/shared'],
  'better-sqlite3': ['sqlite'],
  'drizzle-orm': ['sqlite', 'postgres'],
  pg: ['postgres'],
  ioredis: ['limits', 'invalidation', 'redis'],
  'rate-limiter-flexible': ['limits'],
  '@aws-sdk': ['blobs'],
  // Calls to other servers must go through the guard against private addresses. The runtime of Node only serves by it.
  'node:http': ['outbound', 'runtime'],
  'node:https': ['outbound'],
  // Names must be looked up without the threads that files use; sockets get their `lookup` from there.
  // `mayfly doctor` checks names, connections and certificates themselves, outside of a server.
  'node:net': ['names', 'outbound', 'limits', 'redis', 'blobs', 'composition', 'core', 'runtime', 'cli/use'],
  'node:tls': ['redis', 'cli/use'],
  'node:dns': [],
  'node:dns/promises': ['names', 'cli/use'],
  pino: ['observe'],
  'prom-client': ['observe', 'api'],
  '@opentelemetry': ['observe'],
};
