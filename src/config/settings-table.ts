import { settings } from './index.ts';

/** The README's table of settings, in Markdown. */
export function settingsTable(): string {
  const rows = Object.values(settings).map(({ name, fallback, description }) => {
    const shown = fallback?.trim() ? `\`${fallback}\`` : 'none';
    return `| \`${name}\` | ${shown} | ${description} |`;
  });
  return ['| name | default | what it does |', '|---|---|---|', ...rows].join('\n');
}
