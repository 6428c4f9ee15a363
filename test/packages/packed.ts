import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { builtOnce } from '../support/built-once.ts';
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

const inputs = [
  ...['src', 'migrations', 'bin', 'scripts', 'package.json', 'bun.lock', 'tsconfig.json'],
  ...['README.md', 'LICENSE', 'CHANGELOG.md'],
];

let own: Promise<string> | undefined;

/** The path of the tarball that `npm pack` makes of this checkout, once for all test files. */
export function packed(): Promise<string> {
  own ??= builtOnce({ name: 'mayfly-package', ending: '.tgz', inputs }, async (path) => {
    const folder = temporaryDirectory('packed');
    await outputOf(['npm', 'pack', '--pack-destination', folder], { cwd: checkout });
    const [name = ''] = readdirSync(folder);
    copyFileSync(join(folder, name), path);
  });
  return own;
}

/** A project in which nothing but the package is installed, and nothing of what that depends on. */
export async function projectWithPackageAlone(): Promise<string> {
  const project = temporaryDirectory('project');
  const folder = join(project, 'node_modules', 'mayfly');
  mkdirSync(folder, { recursive: true });
  await outputOf(['tar', '-xzf', await packed(), '-C', folder, '--strip-components=1']);
  return project;
}
