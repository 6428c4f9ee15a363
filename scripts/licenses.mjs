// Collects the licences of the packages that browsers load. Most require their text to be included in every copy.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const isLicense = /(?:^|\.)(?:licen[cs]e|notice|copying)(?:[_.-](?!js$)[\w-]+)*$/i;

/**
 * The folders of the packages that esbuild bundled.
 *
 * @param metafiles The metafiles of all builds.
 * @returns paths as `node_modules/marked`, relative to the working directory of the build
 */
export function bundledPackages(metafiles) {
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs));
  const inputs = outputs.flatMap((output) => Object.keys(output.inputs));
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/**
 * One text with the name, licence and notice of every package.
 *
 * @throws Error that names a package without a licence text, which must not be distributed
 */
export function licensesOf(root, folders) {
  const sections = folders.map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const texts = licenseFiles(join(root, folder)).map((path) => readFileSync(path, 'utf8').trim());
    if (texts.length === 0)
      throw new Error(
        `${name} has no licence text in ${folder}, and browsers load it: replace the package, or add the text.`,
      );
    return `${name} ${version}\n${'='.repeat(72)}\n\n${[...new Set(texts)].join('\n\n')}\n`;
  });
  return `Mayfly sends parts of these packages to browsers.\n\n${sections.join('\n\n')}`;
}

/** Licence files in a package's folder and its subfolders, which may have data of other authors. */
function licenseFiles(folder, isDeep = false) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return isDeep || entry.name === 'node_modules' ? [] : licenseFiles(path, true);
      return isLicense.test(entry.name) ? [path] : [];
    });
}
