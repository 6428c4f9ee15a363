import { countDirectionControls } from '../code/direction-controls.tsx';

/**
 * The index of a node. Nodes refer to the text, so that numbers are shown as written, and members in their order with
 * duplicates.
 */
export type JsonNode = number;

/** The columns of the table of nodes, which are in the order of the text. */
export const fields = { keyStart: 0, start: 1, end: 2, count: 3, next: 4 } as const;
export const fieldCount = 5;
/** The `keyStart` of a node without a key. */
export const noKey = 0xffff_ffff;

/** The number of rows of a node that are shown until the reader asks for more. */
export const initialRows = 200;

type JsonKind = 'object' | 'array' | 'string' | 'number' | 'literal';

/** A JSON text and the table of its nodes (`json-table.ts`). Strings are decoded only when they are shown. */
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

  /** Whether the text has direction controls, literal or escaped. */
  get hasDirectionControls(): boolean {
    const escaped = /\\u(?:061c|200[ef]|202[a-e]|206[6-9])/i;
    return countDirectionControls(this.#text, 1) > 0 || escaped.test(this.#text);
  }

  /** The number of members or items of a node. */
  sizeOf(node: JsonNode): number {
    return this.#field(node, 'count');
  }

  /** The first members or items of a node. */
  childrenOf(node: JsonNode, max: number): JsonNode[] {
    const children: JsonNode[] = [];
    let child = node + 1;
    for (let left = Math.min(max, this.sizeOf(node)); left > 0; left -= 1) {
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

  /** A scalar as written, with the escapes of printable characters resolved. */
  textOf(node: JsonNode): string {
    const written = this.#text.slice(this.#field(node, 'start'), this.#field(node, 'end'));
    return written.includes('\\') ? JSON.stringify(JSON.parse(written)) : written;
  }

  /** The nodes to open, level by level, so that at most `maxRows` rows are shown. */
  nodesToOpen(maxRows: number): Set<JsonNode> {
    const open = new Set<JsonNode>();
    const waiting = [this.root];
    let rows = 1;
    for (const node of waiting) {
      const shown = Math.min(this.sizeOf(node), initialRows);
      if (shown === 0) continue;
      rows += shown;
      if (rows > maxRows) break;
      open.add(node);
      waiting.push(...this.childrenOf(node, initialRows));
    }
    return open;
  }

  #field(node: JsonNode, field: keyof typeof fields): number {
    return this.#table[node * fieldCount + fields[field]] ?? 0;
  }
}

/** The end of the JSON string that begins at `start`. */
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
