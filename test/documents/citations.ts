import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';

/** A page that a file cites, with the section if it names one. */
export type Citation = { file: string; page: string; section: string | undefined };

const folders = ['bench', 'docs', 'scripts', 'src', 'test'];
const textFiles = /\.(?:css|js|lua|md|mjs|mts|py|sql|ts|tsx)$/;

/** The source files and documents of the project: path relative to the checkout, and text. */
export function projectTexts(): { file: string; text: string }[] {
  const below = folders.flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  );
  return [...readdirSync(checkout), ...below]
    .filter((file) => textFiles.test(file) && !file.includes('node_modules'))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(checkout, file), 'utf8') }));
}

/** The pages of `docs/` that a text cites: `docs/budgets.md`, or `docs/budgets.md, "Room"`, also across lines. */
export function citationsIn(file: string, text: string): Citation[] {
  const unwrapped = text.replaceAll(/\n\s*(?:\*|\/\/|#|--)? ?/g, ' ');
  return [...unwrapped.matchAll(/\b(docs\/[\w/-]+\.md)(?:, \\?"([^"\\]+)\\?")?/g)].map(
    ([, page = '', section]) => ({ file, page, section }),
  );
}
