import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pinnedVersion, readManifest } from '../runtime.mjs';
import { librariesOfBun, type Runtime } from './runtime-licenses.ts';

/** What is in an artefact. */
export type Contents = {
  name: string;
  version: string;
  /** The folders of the npm packages in it. */
  packages: string[];
  runtime: Runtime;
};

/**
 * What is in the program that a checkout builds, with its runtime.
 *
 * @param root The folder of the checkout, whose pages are built.
 */
export function programContents(root: string): Contents {
  const { name, version } = readManifest(root);
  const built = readFileSync(join(root, 'build/web/manifest.json'), 'utf8');
  const inPages = (JSON.parse(built) as { packages: string[] }).packages.map((path) => join(root, path));
  return {
    name,
    version,
    packages: [...new Set([...runtimePackages(root), ...inPages])].sort(),
    runtime: { version: pinnedVersion, libraries: librariesOfBun(root) },
  };
}

/**
 * The folders of all packages that a package needs to run, its own excluded, sorted.
 *
 * @throws Error if a dependency is not installed
 */
function runtimePackages(folder: string): string[] {
  const found = new Set<string>();
  const visit = (from: string) => {
    const { dependencies = {}, optionalDependencies = {} } = readManifest(from);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const installed = resolve(name, from);
      // Optional ones are for other systems.
      if (installed === undefined && name in optionalDependencies) continue;
      if (installed === undefined) throw new Error(`${name} is not installed: run npm install`);
      if (found.has(installed)) continue;
      found.add(installed);
      visit(installed);
    }
  };
  visit(folder);
  return [...found].sort();
}

/** As Node.js looks for packages: in the nearest `node_modules` that has it. */
function resolve(name: string, from: string): string | undefined {
  const candidate = join(from, 'node_modules', name);
  if (existsSync(join(candidate, 'package.json'))) return candidate;
  return dirname(from) === from ? undefined : resolve(name, dirname(from));
}
