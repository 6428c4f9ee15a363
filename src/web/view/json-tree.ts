import { countDirectionControls } from './code/direction-controls.tsx';

/**
 * A node of a JSON text, by where it is in the text: numbers are shown as they are written, and members in their order,
 * doubles too.
 */
export type JsonNode = number;

/** The numbers of each node in the table of a tree; nodes are in the order of the text. */
export const fields = { keyStart: 0, start: 1, end: 2, count: 3, next: 4 } as const;
export const fieldCount = 5;
/** The place of the key of what has none. */
export const noKey = 0xffff_ffff;

/** The rows of one node that are shown until the reader asks for more. */
export const rowsAtOnce = 200;

type JsonKind = 'object' | 'array' | 'string' | 'number' | 'literal';

/** A JSON text and the table of its nodes (`json-table.ts`). Strings are read only where they are shown. */
export class JsonTree {
  readonly root: JsonNode = 0;
  readonly #text: string;
  readonly #table: Uint32Array;

  constructor(text: string, table: Uint32Array) {
    this.#text = text;
    this.#table = table;
  }

  kindOf(node: JsonNode): JsonKind {
    const first = this.#text[this.#field(node, 'start')] ?? '';
    if (first === '{') return 'object';
    if (first === '[') return 'array';
    if (first === '"') return 'string';
    return /[-\d]/.test(first) ? 'number' : 'literal';
  }

  /** Whether the text has invisible characters that change its direction, as they are or in an escape. */
  get hasDirectionControls(): boolean {
    const escaped = /\\u(?:061c|200[ef]|202[a-e]|206[6-9])/i;
    return countDirectionControls(this.#text, 1) > 0 || escaped.test(this.#text);
  }

  /** How many members or items a node has. */
  sizeOf(node: JsonNode): number {
    return this.#field(node, 'count');
  }

  /** The first members or items of a node. */
  childrenOf(node: JsonNode, most: number): JsonNode[] {
    const children: JsonNode[] = [];
    let child = node + 1;
    for (let left = Math.min(most, this.sizeOf(node)); left > 0; left -= 1) {
      children.push(child);
      child = this.#field(child, 'next');
    }
    return children;
  }

  /** The key of a member; undefined for items of an array. */
  keyOf(node: JsonNode): string | undefined {
    const start = this.#field(node, 'keyStart');
    if (start === noKey) return undefined;
    return JSON.parse(this.#text.slice(start, endOfString(this.#text, start))) as string;
  }

  /** A scalar as it is written, except that escapes of what can be shown are resolved. */
  textOf(node: JsonNode): string {
    const written = this.#text.slice(this.#field(node, 'start'), this.#field(node, 'end'));
    return written.includes('\\') ? JSON.stringify(JSON.parse(written)) : written;
  }

  /** The nodes to open so that as much as possible is seen, level by level, but no more than so many rows. */
  nodesToOpen(mostRows: number): Set<JsonNode> {
    const open = new Set<JsonNode>();
    const waiting = [this.root];
    let rows = 1;
    for (const node of waiting) {
      const shown = Math.min(this.sizeOf(node), rowsAtOnce);
      if (shown === 0) continue;
      rows += shown;
      if (rows > mostRows) break;
      open.add(node);
      waiting.push(...this.childrenOf(node, rowsAtOnce));
    }
    return open;
  }

  #field(node: JsonNode, field: keyof typeof fields): number {
    return this.#table[node * fieldCount + fields[field]] ?? 0;
  }
}

/** Where a string of JSON that begins at `start` ends. */
export function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let before = end;
    while (text[before - 1] === '\\') before -= 1;
    if ((end - before) % 2 === 0) return end + 1;
  }
}
