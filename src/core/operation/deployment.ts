import { createHash } from 'node:crypto';
import type { DeploymentStore } from '../ports/deployment-store.ts';

/** What a database belongs to: under other settings its commands would do harm without a word. */
export type Deployment = {
  /** Where the blobs are, in words that tell one place from another. */
  blobs: string;
  /** The server's secret; only a hash of it is kept. */
  secret: string;
};

/** Which settings are others than those that the server last ran with. */
export type Difference = 'blobs' | 'secret';

/** Compares the settings at hand with those that the server last ran with; empty where it never ran. */
export async function differences(store: DeploymentStore, deployment: Deployment): Promise<Difference[]> {
  const before = await store.read();
  const now = recordOf(deployment);
  return (['blobs', 'secret'] as const).filter(
    (name) => before[name] !== undefined && before[name] !== now[name],
  );
}

/**
 * Takes note of the settings that the server runs with from now on. Nothing is written where they are known.
 *
 * @param now In milliseconds since the epoch.
 * @returns When the secret was last changed; undefined where it never was since this is noted.
 */
export async function adopt(
  store: DeploymentStore,
  deployment: Deployment,
  now: number,
): Promise<number | undefined> {
  const before = await store.read();
  const record = recordOf(deployment);
  const isSecretNew = before.secret !== undefined && before.secret !== record.secret;
  const changed: Record<string, string> = isSecretNew ? { secretChangedAt: String(now) } : {};
  if (before.blobs !== record.blobs || before.secret !== record.secret)
    await store.write({ ...record, ...changed });
  if (isSecretNew) return now;
  return before.secretChangedAt === undefined ? undefined : Number(before.secretChangedAt);
}

function recordOf({ blobs, secret }: Deployment): Record<Difference, string> {
  return { blobs, secret: createHash('sha256').update(`deployment ${secret}`).digest('hex') };
}
