/** Values of the chart, as an operator writes them. */
export type Values = Record<string, unknown>;

export const postgresSecrets = {
  SECRET: 'a-secret-of-32-characters-at-least',
  DATABASE_URL: 'postgres://mayfly:password-of-the-database@db.example/mayfly?sslmode=verify-full',
  REDIS_URL: 'redis://:password-of-redis@redis:6379',
  S3_ACCESS_KEY_ID: 'an-access-key',
  S3_SECRET_ACCESS_KEY: 'the-secret-of-the-access-key',
};

export const s3 = { S3_ENDPOINT: 'https://s3.example.com', S3_BUCKET: 'mayfly' };

const ingress = {
  ingress: { enabled: true, className: 'nginx' },
  settings: { PUBLIC_URL: 'https://paste.example.com', TRUSTED_PROXIES: '10.0.0.0/8' },
};

export const postgres: Values = {
  database: 'postgresql',
  settings: s3,
  secrets: { values: postgresSecrets },
};

/** What every test of all combinations renders. */
export const combinations: Record<string, Values> = {
  'the default values': {},
  'SQLite behind an ingress': { ...ingress, persistence: { size: '200Gi', storageClass: 'fast' } },
  'SQLite with an existing volume, S3 and every kind of setting': {
    persistence: { existingClaim: 'mayfly-data', accessMode: 'ReadWriteOncePod' },
    settings: {
      ...s3,
      HOST: '::',
      ANONYMOUS_CREATE: false,
      WEBHOOK_MAX_PENDING: 1_000_000,
      OTEL_TRACES_SAMPLER_ARG: 0.25,
      MAX_STORAGE: '1TB',
      MAX_OBJECT_SIZE: '2GiB',
    },
    secrets: {
      values: { S3_ACCESS_KEY_ID: 'an-access-key', METRICS_TOKEN: 'a-token' },
      existing: { S3_SECRET_ACCESS_KEY: { name: 's3', key: 'password' } },
    },
    service: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    fullnameOverride: 'paste',
  },
  PostgreSQL: postgres,
  'PostgreSQL with everything': {
    ...ingress,
    database: 'postgresql',
    settings: {
      ...s3,
      ...ingress.settings,
      PUBLIC_URL: 'https://example.com:8443/paste',
      WORKERS: 2,
      STOP_DELAY: '1m',
      MAX_OBJECT_SIZE: '100MiB',
      MAX_PAYLOAD_SIZE: '1GiB',
      MAX_BODY_MEMORY: '32GiB',
    },
    secrets: {
      existing: {
        SECRET: { name: 'mayfly-secrets' },
        DATABASE_URL: { name: 'mayfly-db-app', key: 'uri' },
        REDIS_URL: { name: 'mayfly-secrets' },
        S3_ACCESS_KEY_ID: { name: 'mayfly-s3', key: 'access-key' },
        S3_SECRET_ACCESS_KEY: { name: 'mayfly-s3', key: 'secret-key' },
        METRICS_TOKEN: { name: 'mayfly-secrets' },
      },
    },
    image: {
      repository: 'registry.example.com/mayfly',
      digest: `sha256:${'0a'.repeat(32)}`,
      pullSecrets: [{ name: 'registry' }],
    },
    autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 12 },
    networkPolicy: {
      enabled: true,
      from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } }],
      egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
    },
    serviceMonitor: { enabled: true },
    podAnnotations: { example: 'yes' },
    podLabels: { team: 'paste' },
    priorityClassName: 'high',
    nodeSelector: { disk: 'none' },
    tolerations: [{ key: 'spot', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
    ],
    extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/ca/ca.pem' }],
    extraVolumes: [{ name: 'ca', configMap: { name: 'ca' } }],
    extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/ca', readOnly: true }],
  },
};

/** Values that cannot work, each with a part of the line that says so. */
export const refused: [string, Values][] = [
  ['"1.mayfly" cannot be the name of a Service', { fullnameOverride: '1.mayfly' }],
  ['replicas must be 1', { replicas: 3 }],
  ['autoscaling needs several nodes', { autoscaling: { enabled: true } }],
  ['DATABASE_URL needs database: postgresql', { secrets: { values: { DATABASE_URL: 'sqlite:/data/x.db' } } }],
  ['DATABASE_HA=true needs database: postgresql', { settings: { DATABASE_HA: true } }],
  ['WORKERS must be 1', { settings: { WORKERS: 4 } }],
  ['also needs secrets.…REDIS_URL', withoutSecret('REDIS_URL')],
  ['also needs secrets.…SECRET', withoutSecret('SECRET')],
  ['also needs secrets.…DATABASE_URL', withoutSecret('DATABASE_URL')],
  ['S3 also needs S3_ACCESS_KEY_ID', withoutSecret('S3_ACCESS_KEY_ID')],
  ['also needs settings.S3_ENDPOINT', { ...postgres, settings: {} }],
  ['S3 also needs S3_BUCKET', { ...postgres, settings: { S3_ENDPOINT: 'https://s3.example.com' } }],
  ['S3 also needs', { settings: { S3_BUCKET: 'mayfly' } }],
  ['replicas has no effect', { ...postgres, replicas: 3, autoscaling: { enabled: true } }],
  ['must not be larger', { ...postgres, autoscaling: { enabled: true, minReplicas: 9 } }],
  [
    'SECRET is in secrets.values and in secrets.existing',
    { secrets: { values: { SECRET: postgresSecrets.SECRET }, existing: { SECRET: { name: 'other' } } } },
  ],
  ['needs settings.PUBLIC_URL', { ingress: { enabled: true } }],
  ['needs settings.TRUSTED_PROXIES', { ...ingress, settings: { PUBLIC_URL: 'https://example.com' } }],
  ['needs METRICS_TOKEN', { serviceMonitor: { enabled: true } }],
  ['needs networkPolicy.from', { networkPolicy: { enabled: true } }],
  // By the schema of the values.
  ["'MAX_PAYLOD_SIZE' not allowed", { settings: { MAX_PAYLOD_SIZE: '1MiB' } }],
  ["'SECRET' not allowed", { settings: { SECRET: postgresSecrets.SECRET } }],
  ["'PORT' not allowed", { settings: { PORT: 80 } }],
  ["'PUBLIC_URL' not allowed", { secrets: { values: { PUBLIC_URL: 'https://example.com' } } }],
  ['/settings/MAX_OBJECT_SIZE', { settings: { MAX_OBJECT_SIZE: 'large' } }],
  ['/settings/PUBLIC_URL', { settings: { PUBLIC_URL: 'paste.example.com' } }],
  ["'replica' not allowed", { replica: 2 }],
  ['/database', { database: 'mysql' }],
];

function withoutSecret(name: keyof typeof postgresSecrets): Values {
  const { [name]: _, ...others } = postgresSecrets;
  return { ...postgres, secrets: { values: others } };
}
