/** The machines of a deployment. Sizes are bytes, rates are per second. */
export type Hardware = {
  /** Processes of one machine with nodes (`WORKERS`): each uses one core. */
  workersPerMachine: number;
  /** Cores of PostgreSQL. All cores are as fast as those of the calibration. */
  postgresCores: number;
  /** Memory of PostgreSQL, which should hold the indexes that are in use. */
  postgresMemory: number;
  /** Bytes of PostgreSQL's disk, and bytes a second that it writes. */
  postgresDisk: number;
  postgresWrites: number;
  /** Syncs a second of the disk with the log, one after the other. */
  logSyncs: number;
  /** Bytes a second of each machine's network, in each direction. */
  network: number;
  maxConnections: number;
  /** `DATABASE_POOL`. */
  pool: number;
  /** The share of a resource that may be in use at the peak: above it, waits grow fast. */
  targetLoad: number;
};

const gibibyte = 1024 ** 3;

/** A server of 2026 for each engine, with an SSD that keeps what it has acknowledged. */
export const defaultHardware: Hardware = {
  workersPerMachine: 6,
  postgresCores: 32,
  postgresMemory: 256 * gibibyte,
  postgresDisk: 8 * 1024 * gibibyte,
  postgresWrites: 1024 ** 3,
  logSyncs: 5000,
  network: 1.25e9,
  maxConnections: 500,
  pool: 8,
  targetLoad: 0.6,
};
