import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram } from '../../src/cli/program.ts';
import { completionFor } from '../../src/cli/use/completion/index.ts';
import { manualPages } from '../manual-pages.ts';
import { debianChangelog, debianVersion } from './changelog.ts';
import { architectureOf, controlFile, packageName } from './control.ts';
import { defaultSettings } from './default-settings.ts';
import { PackageTree } from './tree.ts';

export type PackageOptions = {
  /** The folder of the source. */
  checkout: string;
  /** The program: one ELF file, for the architecture of the package. */
  binary: string;
  version: string;
  /** The licences of everything in the program that others wrote. */
  licenses: string;
  /** The time of all files in the package (s since 1970). */
  sourceDate: number;
  /** Such as `Mayfly <mayfly@example.org>`. */
  maintainer: string;
  /** The folder for the package, which is created if it does not exist. */
  output: string;
  /** Whether to compress it, which takes much longer than the rest; the default. */
  isCompressed?: boolean;
};

/** Builds the package. The same input gives the same bytes. @returns its path */
export function buildDebianPackage(options: PackageOptions): string {
  const { output, version, sourceDate, isCompressed = true } = options;
  const temporary = mkdtempSync(join(tmpdir(), 'mayfly-deb-'));
  const root = join(temporary, 'root');
  // The modes of folders must not depend on who builds.
  const umask = process.umask(0o022);
  try {
    const architecture = fillTree(new PackageTree(root), options);
    mkdirSync(output, { recursive: true });
    const file = join(output, `${packageName}_${debianVersion(version)}_${architecture}.deb`);
    // Level 1 makes it a tenth larger than the default, in a quarter of the time.
    const compression = isCompressed ? ['-Zxz', '-z1'] : ['-Znone'];
    execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, file], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(sourceDate) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return file;
  } finally {
    process.umask(umask);
    rmSync(temporary, { recursive: true });
  }
}

/** @returns the architecture */
function fillTree(tree: PackageTree, options: PackageOptions): string {
  const { checkout, version, sourceDate, maintainer } = options;
  const date = new Date(sourceDate * 1000);
  const program = readFileSync(options.binary);
  const architecture = architectureOf(program);
  tree.write('usr/bin/mayfly', program, 0o755);
  addShellFiles(tree);
  const documents = `usr/share/doc/${packageName}`;
  const changelog = readFileSync(join(checkout, 'CHANGELOG.md'), 'utf8');
  tree.compress(`${documents}/changelog`, changelog);
  tree.compress(`${documents}/changelog.Debian`, debianChangelog(changelog, maintainer, { version, date }));
  tree.compress(`${documents}/third-party-licenses`, options.licenses);
  for (const { name, text } of manualPages(version, date.toISOString().slice(0, 10)))
    tree.compress(`usr/share/man/man1/${name}`, text);

  const packaging = join(checkout, 'packaging/debian');
  for (const name of ['README.Debian', 'copyright']) tree.copy(join(packaging, name), `${documents}/${name}`);
  tree.copy(join(packaging, 'lintian-overrides'), `usr/share/lintian/overrides/${packageName}`);
  tree.copy(join(packaging, 'mayfly.service'), 'lib/systemd/system/mayfly.service');
  // The script after the installation gives it the group of the service.
  tree.write('etc/mayfly/mayfly.env', defaultSettings(), 0o640);

  const { installedSize } = tree;
  for (const script of ['postinst', 'prerm', 'postrm'])
    tree.copy(join(packaging, script), `DEBIAN/${script}`, 0o755);
  tree.write('DEBIAN/conffiles', '/etc/mayfly/mayfly.env\n');
  tree.write('DEBIAN/md5sums', tree.md5sums);
  const control = { version: debianVersion(version), architecture, maintainer, installedSize };
  tree.write('DEBIAN/control', controlFile(control));
  return architecture;
}

function addShellFiles(tree: PackageTree): void {
  const program = createProgram({}, { code: 0 });
  const files = {
    bash: 'usr/share/bash-completion/completions/mayfly',
    zsh: 'usr/share/zsh/vendor-completions/_mayfly',
    fish: 'usr/share/fish/vendor_completions.d/mayfly.fish',
  };
  for (const [shell, path] of Object.entries(files)) tree.write(path, completionFor(shell, program));
}
