// npm run readme: writes the table of settings, which comes from src/config, into docs/settings.md, and their names into
// the schema of the Helm chart.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSettingNames } from './chart-settings.ts';
import { replaceMarked } from './markdown-table.ts';
import { settingsTable } from './settings-table.ts';

const root = join(import.meta.dirname, '..');

function rewrite(file: string, change: (text: string) => string): void {
  const path = join(root, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

rewrite('docs/settings.md', (page) => replaceMarked(page, 'settings', settingsTable()));
rewrite('deploy/helm/mayfly/values.schema.json', withSettingNames);
