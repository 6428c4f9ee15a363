import { comment, plainText } from '../../src/cli/operate/init/environment-file.ts';
import { settings } from '../../src/config/index.ts';
import type { Setting } from '../../src/config/setting.ts';

/** The data of the service, where Debian's rules and the unit expect it. */
export const dataDirectory = '/var/lib/mayfly';

const head = `The settings of the service mayfly, read by systemd at its start:

  systemctl restart mayfly

Each setting has its default here, in a comment. Commands take this file too: mayfly keys list --env-file /etc/mayfly/mayfly.env. A value with a backslash, or with a quote at its beginning, must be in single quotes. A secret can be in a file of its own that the user mayfly can read: SECRET_FILE=/path in place of SECRET.`;

/** `/etc/mayfly/mayfly.env`: every setting with its default, in comments. Only the data folder is set. */
export function defaultSettings(): string {
  const entries = Object.values(settings).map((setting) => entry(setting as Setting<unknown>));
  return [comment(head), ...entries].join('\n');
}

function entry({ name, fallback = '', description }: Setting<unknown>): string {
  const isData = name === settings.dataDirectory.name;
  const line = isData ? `${name}=${dataDirectory}` : `#${name}=${quoted(fallback)}`;
  return `${comment(plainText(description))}${line}\n`;
}

/** In a form that systemd and shells read alike. */
function quoted(value: string): string {
  return /^[\w./:,-]*$/.test(value) ? value : `"${value}"`;
}
