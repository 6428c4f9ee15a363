import parse, { type Info } from 'spdx-expression-parse';
import licenses from 'spdx-license-list/full.js';
import { licensesOf } from '../licenses.mjs';
import type { Contents } from './contents.ts';
import { licensesOfBun } from './runtime-licenses.ts';

/**
 * The licences of everything in an artefact that others wrote, the runtime too, as one text.
 *
 * @throws Error that names a package without a licence, which must not be distributed
 */
export function thirdPartyLicenses({ packages, runtime }: Contents): string {
  const parts = [
    'This copy of Mayfly contains the following software.',
    licensesOfBun(runtime),
    licensesOf(packages, ({ license, author }) => {
      const owner = typeof author === 'object' ? author.name : author;
      const text = standardText(license);
      return text && [owner && `Copyright (c) ${owner}`, text].filter(Boolean).join('\n\n');
    }),
  ];
  return parts.join('\n\n');
}

/** The text that the SPDX list has for the first licence that an expression permits. */
function standardText(expression: string | undefined): string | undefined {
  if (expression === undefined) return undefined;
  let info: Info = parse(expression);
  while ('left' in info) info = info.left;
  return licenses[info.license]?.licenseText.trim();
}
