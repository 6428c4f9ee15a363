import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import licenses from 'spdx-license-list/full.js';

/** A library that is compiled into Bun. */
export type LinkedLibrary = { name: string; url: string; license: string; version?: string };

/** Bun of one version, and what is compiled into it. */
export type Runtime = { version: string; libraries: LinkedLibrary[] };

/** The page of Bun's documentation that names what is compiled into it. bun-types has it for the pinned version. */
const page = join('node_modules', 'bun-types', 'docs', 'project', 'license.mdx');

/** The licences of Bun and of the libraries in it. Bun's package has no texts, so they are those of the SPDX list. */
const texts = [
  ...['MIT', 'LGPL-2.0-only', 'LGPL-2.1-only', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause'],
  ...['Zlib', 'ICU', 'IJG', 'libpng-2.0', 'OpenSSL', 'ISC'],
] as const;

/**
 * The libraries that Bun's documentation lists as linked.
 *
 * @param root The folder of the checkout.
 * @throws Error if the page has no such list, since copies of Bun must name them
 */
export function librariesOfBun(root: string): LinkedLibrary[] {
  const rows = readFileSync(join(root, page), 'utf8').matchAll(
    /^\|.*?\[(?:`([^`]+)`|([^\]]+))\]\(([^)]+)\)[^|]*\|\s*([^|]+?)\s*\|$/gm,
  );
  const libraries = [...rows].map(([, quoted, plain, url = '', license = '']) => ({
    name: quoted ?? plain ?? '',
    url,
    license: license.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1'),
    ...linkedVersion(quoted ?? plain ?? ''),
  }));
  if (!libraries.some(({ name }) => name === 'boringssl'))
    throw new Error(`${page} lists no linked libraries: read the licences of the new version of Bun`);
  // The page describes it in a section of its own.
  const url = 'https://github.com/oven-sh/WebKit';
  const engine = { name: 'JavaScriptCore', url, license: 'LGPL-2.0-only', version: process.versions.webkit };
  return [engine, ...libraries];
}

/** The version or commit of a library, if the runtime names it: this program runs in the one that it describes. */
function linkedVersion(name: string): { version?: string } {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const found = Object.entries(process.versions).find(([key]) =>
    [key, `lib${key}`, `c${key}`].includes(plain),
  );
  // That of libuv is the one whose functions Bun has itself.
  return found === undefined || plain === 'libuv' ? {} : { version: found[1] };
}

/** One text with the licences of Bun and of the libraries in it. */
export function licensesOfBun({ version, libraries }: Runtime): string {
  const list = libraries.map(({ name, url, license }) => `- ${name} (${url}): ${license}`);
  const parts = texts.map((id) => `${licenses[id]?.name} (${id})\n\n${licenses[id]?.licenseText.trim()}`);
  return [
    `bun ${version}\n${'='.repeat(72)}`,
    'Bun (https://bun.sh) has the MIT License. It contains JavaScriptCore of WebKit, which has the GNU Library General ' +
      'Public License, version 2. Its source is at https://github.com/oven-sh/WebKit, and Bun’s documentation ' +
      '(https://bun.sh/docs/project/license) describes how to link Bun with a changed JavaScriptCore.',
    `Bun also contains:\n\n${list.join('\n')}`,
    ...parts,
  ].join('\n\n');
}
