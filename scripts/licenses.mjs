// Collects the licences of packages. Most require their text to be included in every copy.
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
 * @param folders The folders of the packages.
 * @param standardText Returns the text of a licence, from a manifest, for a package that has none of its own.
 * @throws Error that names a package without a licence text, which must not be distributed
 */
export function licensesOf(folders, standardText = () => undefined) {
  const sections = folders.map((folder) => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const own = licenseFiles(folder).map((path) => readFileSync(path, 'utf8').trim());
    const texts = own.length > 0 ? own : [standardText(manifest)].filter((text) => text !== undefined);
    if (texts.length === 0)
      throw new Error(
        `${manifest.name} has no licence text in ${folder}: replace the package, or add the text.`,
      );
    return `${manifest.name} ${manifest.version}\n${'='.repeat(72)}\n\n${[...new Set(texts)].join('\n\n')}\n`;
  });
  return sections.join('\n\n');
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
