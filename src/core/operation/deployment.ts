import { createHash } from 'node:crypto';
import type { DeploymentStore } from '../ports/deployment-store.ts';

/** The settings that a database depends on: with others, commands would silently do harm. */
export type Deployment = {
  /** Identifies the location of the blobs. */
  blobs: string;
  /** The server's secret. Only a hash of it is stored. */
  secret: string;
};

/** A setting that differs from the last run of the server. */
export type Difference = 'blobs' | 'secret';

type Readable = Pick<DeploymentStore, 'read'>;

/** Compares the settings with those of the last run of the server. Empty if it never ran. */
export async function differences(store: Readable, deployment: Deployment): Promise<Difference[]> {
  const before = await store.read();
  const now = recordOf(deployment);
  return (['blobs', 'secret'] as const).filter(
    (name) => before[name] !== undefined && before[name] !== now[name],
  );
}

/** Whether the server last ran with this secret. */
export async function isRecordedSecret(store: Readable, secret: string): Promise<boolean> {
  return (await store.read()).secret === hashOf(secret);
}

/**
 * Records the current settings, if they changed.
 *
 * @param now Milliseconds since the epoch.
 * @returns When the secret last changed (ms since the epoch); undefined if no change is recorded.
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
  return { blobs, secret: hashOf(secret) };
}

function hashOf(secret: string): string {
  return createHash('sha256').update(`deployment ${secret}`).digest('hex');
}

/** A name for the deployment with this secret, which does not reveal it. */
export function nameBy(secret: string): string {
  return createHash('sha256').update(`name of the deployment ${secret}`).digest('hex').slice(0, 32);
}
