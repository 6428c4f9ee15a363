import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { readCopy, readDockerfile } from './dockerfile.ts';

export const instructions = readDockerfile(readFileSync(join(checkout, 'Dockerfile'), 'utf8'));

/** The files of the image in a folder: `app` is its working directory, `bin` has its Bun. */
export type Image = { app: string; bin: string };

/**
 * Follows the Dockerfile in folders instead of stages: copies the same files and runs the commands of the first stage.
 * Container engines are rarely available where tests run. The base images are not included.
 */
export async function layOutImage(): Promise<Image> {
  const folder = temporaryDirectory('image');
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'bun'));
  const stages = new Map<string, string>();
  for (const instruction of instructions) {
    const app = join(folder, instruction.stage || 'last', 'app');
    if (instruction.name === 'FROM') {
      mkdirSync(app, { recursive: true });
      stages.set(instruction.stage, app);
    }
    if (instruction.name === 'COPY') copy(app, stages, readCopy(instruction));
    if (instruction.name === 'RUN' && instruction.stage !== '') await run(app, bin, instruction.text);
  }
  return { app: stages.get('') ?? '', bin };
}

function copy(
  app: string,
  stages: Map<string, string>,
  { from, sources, target }: ReturnType<typeof readCopy>,
): void {
  for (const source of sources) {
    const path =
      from === undefined ? join(checkout, source) : join(stages.get(from) ?? '', source.slice('/app'.length));
    cpSync(path, target.endsWith('./') ? join(app, source) : join(app, target), { recursive: true });
  }
}

async function run(app: string, bin: string, command: string): Promise<void> {
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const shell = startProcess('sh', ['-euc', command], { cwd: app, env });
  if ((await shell.exited) !== 0) throw new Error(`RUN failed:\n${shell.output()}`);
}
