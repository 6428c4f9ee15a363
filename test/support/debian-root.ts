import { spawnSync } from 'node:child_process';
import { madeOnce } from '../../scripts/made-once.mjs';
import { partPath } from './parts.ts';
import { startProcess } from './running-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** The file system of a minimal Debian 12, with apt, as a tar file. It is made once, by mmdebstrap. */
export function debianTar(): Promise<string> {
  return madeOnce('debian-bookworm.tar', async (tar) => {
    console.error('installing for the tests: a minimal Debian 12 (mmdebstrap)');
    const made = startProcess(await partPath('mmdebstrap'), ['--variant=minbase', 'bookworm', tar]);
    if ((await made.exited) !== 0) throw new Error(`mmdebstrap failed:\n${made.output().slice(-2000)}`);
  });
}

/** A new folder with the file system of a minimal Debian 12, removed at the end of the run. Needs root. */
export async function debianRoot(): Promise<string> {
  const root = temporaryDirectory('debian');
  const unpacked = spawnSync('tar', ['--numeric-owner', '-xpf', await debianTar(), '-C', root]);
  if (unpacked.status !== 0)
    throw new Error(`the file system of Debian cannot be unpacked: ${unpacked.stderr}`);
  return root;
}
