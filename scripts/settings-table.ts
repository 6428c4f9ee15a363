import { settings } from '../src/config/index.ts';
import { markdownTable } from './markdown-table.ts';

/** The table of docs/settings.md. */
export function settingsTable(): string {
  const rows = Object.values(settings).map(({ name, fallback, description }) => {
    const shown = fallback?.trim() ? `\`${fallback}\`` : 'unset';
    return [`\`${name}\``, shown, description];
  });
  return markdownTable([['name', 'default', 'what it does'], ...rows]);
}
