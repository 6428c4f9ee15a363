import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { readCopy, readDockerfile } from './dockerfile.ts';

export const instructions = readDockerfile(readFileSync(join(checkout, 'Dockerfile'), 'utf8'));

/** What the image would hold, in a folder: `app` is its working directory, `bin` has its Bun. */
export type Image = { app: string; bin: string };

/**
 * Does in folders what the Dockerfile does in stages: copies what it copies and, in the first stage, runs what
 * it runs. It stands in for an engine, which is seldom where tests run; the base images are not in it.
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
