import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { billOfMaterials } from './bill-of-materials.ts';
import type { Contents } from './contents.ts';

/** A file that is published, or the path for the description of an image, which has no file. */
export type Artefact = { path: string; hasRuntime: boolean };

/**
 * Writes a bill of materials beside each artefact (`.cdx.json`), and for all the licences of others and the
 * checksums.
 *
 * @param folder The folder that is published.
 * @param contents What is in the artefacts that include the runtime.
 * @param licenses The licences of that.
 */
export function describeArtefacts(
  folder: string,
  artefacts: Artefact[],
  contents: Contents,
  licenses: string,
): void {
  for (const { path, hasRuntime } of artefacts)
    writeFileSync(`${path}.cdx.json`, billOfMaterials(contents, hasRuntime));
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licenses);
  writeFileSync(join(folder, 'SHA256SUMS'), checksumsOf(folder));
}

/** The lines for `sha256sum --check` in a folder, of all its files. */
function checksumsOf(folder: string): string {
  return readdirSync(folder)
    .sort()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}  ${name}\n`,
    )
    .join('');
}
