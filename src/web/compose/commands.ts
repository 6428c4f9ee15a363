import type { Item, Terms } from '../uploads/upload.ts';
import { durationText } from './expiries.ts';

/** A POSIX shell command that shares an item on the same terms. */
export function shareCommand({ name, type }: Item, terms: Terms, publicUrl: string): string {
  const { ttl, maxReads, isEncrypted, password } = terms;
  if (isEncrypted) {
    const options = ['--encrypt', password && '--password', '--ttl', durationText(ttl)];
    const reads = maxReads === null ? [] : ['--reads', maxReads];
    const source = name === null ? '-' : quoted(asFile(name));
    return [`MAYFLY_URL=${publicUrl} mayfly put`, ...options.filter(Boolean), ...reads, source].join(' ');
  }
  const headers = [`X-TTL: ${durationText(ttl)}`];
  if (maxReads !== null) headers.push(`X-Max-Reads: ${maxReads}`);
  if (name === null && type) headers.unshift(`Content-Type: ${type}`);
  const source = name === null ? '--data-binary @-' : `-T ${quoted(asFile(name))}`;
  // Without -g, curl expands brackets and braces in a name.
  const curl = /[[\]{}]/.test(name ?? '') ? 'curl -g' : 'curl';
  // A variable, so that the key itself is neither shown nor stored in the history of the shell.
  const key = terms.key === '' ? [] : ['-H "Authorization: Bearer $MAYFLY_KEY"'];
  return [curl, source, ...key, ...headers.map((header) => `-H ${quoted(header)}`), `${publicUrl}/`].join(
    ' ',
  );
}

/** A POSIX shell command that deletes a payload. */
export function deleteCommand(id: string, deleteToken: string, publicUrl: string): string {
  const header = quoted(`X-Delete-Token: ${deleteToken}`);
  return `curl -X DELETE -H ${header} ${publicUrl}/api/v1/payloads/${id}`;
}

/** Prevents that a name with a leading dash is read as an option, or a single dash as the standard input. */
function asFile(name: string): string {
  return name.startsWith('-') ? `./${name}` : name;
}

function quoted(text: string): string {
  return /^[\w./=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
