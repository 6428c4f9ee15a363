// npm run build:release: builds every artefact that can be published without an engine for images, and describes each:
// what is in it (CycloneDX), the licences of others, and SHA256SUMS. CONTRIBUTING.md, "Releases", says what follows.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { buildBinary, targets } from './build-binary.ts';
import { packageBinary } from './build-deb.ts';
import { ensureWebBuilt } from './build-web.mjs';
import { programContents } from './release/contents.ts';
import { type Artefact, describeArtefacts } from './release/description.ts';
import { thirdPartyLicenses } from './release/third-party.ts';
import { root } from './runtime.mjs';

const { values } = parseArgs({
  options: {
    output: { type: 'string', default: join(root, 'dist', 'release') },
    // For a test of the build: compressing the Debian packages takes longer than the rest.
    uncompressed: { type: 'boolean', default: false },
  },
});
await buildRelease(values.output, !values.uncompressed);
console.log(`${relative(process.cwd(), values.output)}: check it with sha256sum --check SHA256SUMS`);

async function buildRelease(output: string, isCompressed: boolean): Promise<void> {
  // The contents include those of the pages.
  await ensureWebBuilt({ toPublish: true });
  const contents = programContents(root);
  const licenses = thirdPartyLicenses(contents);
  const { version } = contents;
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const artefacts: Artefact[] = [];
  for (const target of targets) {
    const path = join(output, `mayfly-${version}-${target}`);
    await buildBinary(target, path);
    artefacts.push({ path, hasRuntime: true });
    artefacts.push({ path: packageBinary(path, output, licenses, isCompressed), hasRuntime: true });
  }
  const packed = pack(output);
  const path = join(output, `mayfly-${version}.tgz`);
  // npm names the file after the scope, if there is one.
  renameSync(join(output, packed), path);
  artefacts.push({ path, hasRuntime: false });

  // What an engine builds from the Dockerfile has the same contents as the programs.
  artefacts.push({ path: join(output, `mayfly-${version}-image`), hasRuntime: true });
  describeArtefacts(output, artefacts, contents, licenses);
}

/** Runs `npm pack`. @returns the name of the file, which npm prints after what the build prints */
function pack(output: string): string {
  const args = ['pack', '--silent', '--pack-destination', output];
  const printed = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return printed.trim().split('\n').at(-1) ?? '';
}
