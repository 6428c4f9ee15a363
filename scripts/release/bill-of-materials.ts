import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import parse from 'spdx-expression-parse';
import type { Contents } from './contents.ts';
import type { LinkedLibrary, Runtime } from './runtime-licenses.ts';

const licenseFactory = new Contrib.License.Factories.LicenseFactory(parse);
const fromManifest = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
  new Contrib.FromNodePackageJson.Factories.ExternalReferenceFactory(),
  licenseFactory,
);

/**
 * The bill of materials of an artefact, with or without the runtime: JSON in the form of CycloneDX 1.6. The same
 * contents give the same bytes, so it has no time and no random serial number.
 */
export function billOfMaterials({ name, version, packages, runtime }: Contents, hasRuntime: boolean): string {
  const bom = new Models.Bom();
  const own = new Models.Component(Enums.ComponentType.Application, name, { version });
  own.licenses.add(licenseFactory.makeFromString('MIT'));
  own.bomRef.value = `${name}@${version}`;
  bom.metadata.component = own;
  for (const folder of packages) {
    const component = packageComponent(folder);
    own.dependencies.add(component.bomRef);
    bom.components.add(component);
  }
  if (hasRuntime) {
    const bun = runtimeComponent(runtime);
    own.dependencies.add(bun.bomRef);
    bom.components.add(bun);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function packageComponent(folder: string): Models.Component {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const component = fromManifest.makeComponent(manifest);
  if (component === undefined) throw new Error(`${folder}/package.json has no name`);
  const [scope, name = ''] = /^@/.test(manifest.name) ? manifest.name.split('/') : [undefined, manifest.name];
  const purl = new PackageURL('npm', scope, name, manifest.version, undefined, undefined).toString();
  component.purl = purl;
  component.bomRef.value = purl;
  if (manifest.name === 'better-sqlite3') component.components.add(libraryComponent(purl, sqliteIn(folder)));
  return component;
}

/** SQLite as the addon contains it, for which the advisories are its own. */
function sqliteIn(folder: string): LinkedLibrary {
  const header = readFileSync(join(folder, 'deps/sqlite3/sqlite3.h'), 'utf8');
  const [, version] = /^#define SQLITE_VERSION\s+"([\d.]+)"/m.exec(header) ?? [];
  return { name: 'sqlite', url: 'https://sqlite.org', license: 'blessing', version };
}

function runtimeComponent({ version, libraries }: Runtime): Models.Component {
  const bun = new Models.Component(Enums.ComponentType.Platform, 'bun', { version });
  bun.licenses.add(licenseFactory.makeFromString('MIT'));
  bun.purl = `pkg:github/oven-sh/bun@bun-v${version}`;
  bun.bomRef.value = bun.purl;
  for (const library of libraries) bun.components.add(libraryComponent(`bun@${version}`, library));
  return bun;
}

/** @param owner The reference of the component that contains it. */
function libraryComponent(owner: string, { name, url, license, version }: LinkedLibrary): Models.Component {
  const library = new Models.Component(Enums.ComponentType.Library, name, { version });
  library.licenses.add(licenseFactory.makeFromString(license));
  library.externalReferences.add(new Models.ExternalReference(url, Enums.ExternalReferenceType.Website));
  library.purl = purlOf(url, name, version);
  library.bomRef.value = `${owner}/${name}`;
  return library;
}

/** By the place of its source, by which scanners find advisories. */
function purlOf(url: string, name: string, version: string | undefined): string {
  const [, owner, repository] = /^https:\/\/github\.com\/([^/]+)\/([^/]+)/.exec(url) ?? [];
  const [, npmName] = /^https:\/\/npmjs\.com\/package\/(.+)$/.exec(url) ?? [];
  const [type, namespace, id] =
    repository !== undefined
      ? ['github', owner, repository]
      : npmName !== undefined
        ? ['npm', undefined, npmName]
        : ['generic', undefined, name];
  return new PackageURL(type, namespace, id, version, undefined, undefined).toString();
}
