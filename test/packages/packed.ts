import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Runs a program, and expects success. Resolves to what it wrote. */
export async function outputOf(
  [command = '', ...args]: string[],
  options: Parameters<typeof startProcess>[2] = {},
): Promise<string> {
  const run = startProcess(command, args, options);
  const code = await run.exited;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${run.output()}`);
  return run.output();
}

let own: Promise<string> | undefined;

/** The path of the tarball that `npm pack` makes of this checkout. */
export function packed(): Promise<string> {
  own ??= packedFrom(checkout);
  return own;
}

/** Runs `npm pack` in a checkout. Resolves to the path of the tarball. */
export async function packedFrom(folder: string): Promise<string> {
  const to = temporaryDirectory('packed');
  await outputOf(['npm', 'pack', '--pack-destination', to], { cwd: folder });
  const [name = ''] = readdirSync(to);
  return join(to, name);
}

/** A project in which nothing but the package is installed, and nothing of what that depends on. */
export async function projectWithPackageAlone(): Promise<string> {
  const project = temporaryDirectory('project');
  const folder = join(project, 'node_modules', 'mayfly');
  mkdirSync(folder, { recursive: true });
  await outputOf(['tar', '-xzf', await packed(), '-C', folder, '--strip-components=1']);
  return project;
}
