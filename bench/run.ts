import type { Finding } from './finding.ts';
import type { Lifetime } from './lifetime.ts';
import type { PayloadDatabases } from './payload-databases.ts';
import type { Scale } from './scale.ts';

/** What every benchmark is given. */
export type Run = {
  scale: Scale;
  lifetime: Lifetime;
  databases: PayloadDatabases;
  /** Tells whoever waits what is going on. */
  say: (text: string) => void;
};

export type Benchmark = (run: Run) => Promise<Finding[]>;
