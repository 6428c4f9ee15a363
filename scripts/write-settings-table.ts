// npm run readme: writes the table of settings, which comes from src/config, into the README.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsTable } from './settings-table.ts';

const readme = join(import.meta.dirname, '..', 'README.md');
const marked = /(?<=<!-- settings -->\n).*?(?=<!-- \/settings -->)/s;

const text = readFileSync(readme, 'utf8');
if (!marked.test(text)) throw new Error('README.md has no <!-- settings --> and <!-- /settings --> markers');
writeFileSync(
  readme,
  text.replace(marked, () => `\n${settingsTable()}\n\n`),
);
