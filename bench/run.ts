import type { Finding } from './finding.ts';
import type { Lifetime } from './lifetime.ts';
import type { PayloadDatabases } from './payload-databases.ts';
import type { Scale } from './scale.ts';

/** The context of a benchmark. */
export type Run = {
  scale: Scale;
  lifetime: Lifetime;
  databases: PayloadDatabases;
  /** Reports progress on stderr. */
  say: (text: string) => void;
};

export type Benchmark = (run: Run) => Promise<Finding[]>;
