import { endOfString, fieldCount, fields, noKey } from '../views/json-tree.ts';
import { maxDepth } from './limits.ts';

/**
 * The table of the nodes of a JSON text (RFC 8259), which `JsonTree` reads. It is an array of numbers, which a worker
 * can transfer without a copy.
 *
 * `JSON.parse` only validates: its result has rounded numbers, sorted numeric keys, and no duplicate keys.
 *
 * @returns undefined if the text is not JSON; `deep` if it is nested too deeply to be shown
 */
export function jsonTable(text: string): Uint32Array<ArrayBuffer> | 'deep' | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let table = new Uint32Array(1024 * fieldCount);
  let count = 0;
  /** The ancestors of the next node. */
  const open: number[] = [];
  let key = noKey;
  const begin = (start: number): number => {
    const at = count * fieldCount;
    if (at === table.length) {
      const larger = new Uint32Array(table.length * 2);
      larger.set(table);
      table = larger;
    }
    table[at + fields.keyStart] = key;
    table[at + fields.start] = start;
    key = noKey;
    const parent = open.at(-1);
    if (parent !== undefined) table[parent + fields.count] = (table[parent + fields.count] ?? 0) + 1;
    count += 1;
    return at;
  };
  const end = (at: number, place: number) => {
    table[at + fields.end] = place;
    table[at + fields.next] = count;
  };
  const token = /[{}[\]"]|[^\s,:{}[\]"]+/g;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const { index, 0: written } = found;
    if (written === '{' || written === '[') {
      open.push(begin(index));
      if (open.length > maxDepth) return 'deep';
    } else if (written === '}' || written === ']') end(open.pop() ?? 0, index + 1);
    else if (written === '"') {
      token.lastIndex = endOfString(text, index);
      const parent = open.at(-1);
      const isInObject = parent !== undefined && text[table[parent + fields.start] ?? 0] === '{';
      if (isInObject && key === noKey) key = index;
      else end(begin(index), token.lastIndex);
    } else end(begin(index), index + written.length);
  }
  return table.slice(0, count * fieldCount);
}
