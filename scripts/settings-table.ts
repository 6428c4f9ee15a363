import { settings } from '../src/config/index.ts';

/** The table of docs/settings.md, in Markdown, with aligned columns. */
export function settingsTable(): string {
  const rows = Object.values(settings).map(({ name, fallback, description }) => {
    const shown = fallback?.trim() ? `\`${fallback}\`` : 'unset';
    return [`\`${name}\``, shown, description];
  });
  const table = [['name', 'default', 'what it does'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const [head = '', ...body] = table.map((row) => {
    const cells = widths.map((width, column) => (row[column] ?? '').padEnd(width));
    return `| ${cells.join(' | ')} |`;
  });
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [head, rule, ...body].join('\n');
}
