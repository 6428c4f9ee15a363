import { settings } from '../../../config/index.ts';

/** Values by the names of settings, such as `PUBLIC_URL`; the order is that of the file. */
export type Values = Record<string, string>;

/** The width of comments (characters). */
const width = 100;

const byName = new Map(Object.values(settings).map((setting) => [setting.name, setting]));

/**
 * An environment file: each setting below its description. systemd, Docker and `env` read it in the same way, so that a
 * value has no quotes, and nothing that one of them would change.
 *
 * @param heading The first comment.
 * @throws Error for a name that is no setting, or a value that not all of them read in the same way
 */
export function environmentFile(heading: string, values: Values): string {
  const blocks = Object.entries(values).map(([name, value]) => {
    const setting = byName.get(name);
    if (setting === undefined) throw new Error(`${name} is no setting`);
    if (!isPlain(value)) throw new Error(`${name} must not have spaces, quotes, or one of # $ \\ \``);
    return `${comment(plainText(setting.description))}${name}=${value}\n`;
  });
  return [comment(heading), ...blocks].join('\n');
}

/** Whether systemd, Docker and a shell's `env` read a value as it is. */
export function isPlain(value: string): boolean {
  return /^[^\s"'`#$\\]*$/.test(value);
}

/** The description of a setting as plain text: without backticks, and without its links to other pages. */
export function plainText(markdown: string): string {
  return markdown
    .replaceAll(/\s*\(\[[^\]]*\]\([^)]*\)\)/g, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '');
}

/** Comments of an environment file, in lines of a usual length. */
export function comment(text: string): string {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '#';
    for (const word of paragraph.split(' ')) {
      if (line.length + 1 + word.length > width) {
        lines.push(line);
        line = '#';
      }
      line += ` ${word}`;
    }
    lines.push(line.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}
