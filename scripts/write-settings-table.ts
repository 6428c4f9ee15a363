// npm run readme: writes the table of settings, which comes from src/config, into docs/settings.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsTable } from './settings-table.ts';

const page = join(import.meta.dirname, '..', 'docs', 'settings.md');
const marked = /(?<=<!-- settings -->\n).*?(?=<!-- \/settings -->)/s;

const text = readFileSync(page, 'utf8');
if (!marked.test(text))
  throw new Error('docs/settings.md has no <!-- settings --> and <!-- /settings --> markers');
writeFileSync(
  page,
  text.replace(marked, () => `\n${settingsTable()}\n\n`),
);
