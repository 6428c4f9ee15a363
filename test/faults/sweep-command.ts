import { operatorOutput } from '../support/operator.ts';
import { waitFor } from '../support/wait-for.ts';
import { readStored } from './stored.ts';
import { readStoredFiles } from './stored-files.ts';

type SweepCounts = { payloads: number; blobs: number; failures: number };

/** Runs `mayfly sweep`. @throws Error with its output if it fails */
export async function sweepOnce(dataDir: string, env: Record<string, string> = {}): Promise<SweepCounts> {
  return JSON.parse(await operatorOutput(dataDir, ['sweep'], env)) as SweepCounts;
}

/** Sweeps until no upload is open and the journal is empty, for which both must expire first. */
export async function sweepUntilNothingWaits(
  dataDir: string,
  env: Record<string, string> = {},
): Promise<void> {
  const isIdle = async () => {
    await sweepOnce(dataDir, env);
    return readStored(dataDir).journalKeys.length === 0 && readStoredFiles(dataDir).uploads === 0;
  };
  await waitFor('no uploads and an empty journal', isIdle, { timeoutMs: 60_000, everyMs: 250 });
}
