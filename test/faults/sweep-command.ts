import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { readStored } from './stored.ts';
import { readStoredFiles } from './stored-files.ts';

type SweepCounts = { payloads: number; blobs: number; failures: number };

/** Runs `mayfly sweep` in a process. @throws Error with its output if it fails */
export async function sweepOnce(dataDir: string, env: Record<string, string> = {}): Promise<SweepCounts> {
  const { PATH, HOME } = process.env;
  const sweep = startProcess(process.execPath, ['--no-env-file', 'src/main.ts', 'sweep'], {
    cwd: checkout,
    env: { PATH, HOME, NO_COLOR: '1', DATA_DIR: dataDir, LOG_LEVEL: 'silent', ...env },
  });
  const code = await sweep.exited;
  if (code !== 0) throw new Error(`mayfly sweep ended with ${code}:\n${sweep.output()}`);
  return JSON.parse(sweep.output()) as SweepCounts;
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
