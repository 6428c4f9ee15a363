// npm run readme: writes the table of settings, which comes from src/config, into docs/settings.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceMarked } from './markdown-table.ts';
import { settingsTable } from './settings-table.ts';

const page = join(import.meta.dirname, '..', 'docs', 'settings.md');
writeFileSync(page, replaceMarked(readFileSync(page, 'utf8'), 'settings', settingsTable()));
