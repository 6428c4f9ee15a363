// npm run build:release: builds every artefact that can be published without an engine for images, and describes each:
// what is in it (CycloneDX), the licences of others, and SHA256SUMS. CONTRIBUTING.md, "Releases", says what follows.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { buildBinary, targets } from './build-binary.ts';
import { programContents } from './release/contents.ts';
import { type Artefact, describeArtefacts } from './release/description.ts';
import { root } from './runtime.mjs';

const { values } = parseArgs({
  options: { output: { type: 'string', default: join(root, 'dist', 'release') } },
});
await buildRelease(values.output);
console.log(`${relative(process.cwd(), values.output)}: check it with sha256sum --check SHA256SUMS`);

async function buildRelease(output: string): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const artefacts: Artefact[] = [];
  for (const target of targets) {
    const path = join(output, `mayfly-${version}-${target}`);
    await buildBinary(target, path);
    artefacts.push({ path, hasRuntime: true });
    const args = ['scripts/build-deb.ts', '--binary', path, '--output', output];
    artefacts.push({ path: lastLine(run(process.execPath, args)), hasRuntime: true });
  }
  const packed = lastLine(run('npm', ['pack', '--silent', '--pack-destination', output]));
  const path = join(output, `mayfly-${version}.tgz`);
  // npm names the file after the scope, if there is one.
  renameSync(join(output, packed), path);
  artefacts.push({ path, hasRuntime: false });

  // What an engine builds from the Dockerfile has the same contents as the programs.
  artefacts.push({ path: join(output, `mayfly-${version}-image`), hasRuntime: true });
  describeArtefacts(output, artefacts, programContents(root));
}

function run(command: string, args: string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
