/** A value of JSON, as it is written: numbers and the order of members stay what they are, and so do doubles. */
export type JsonNode =
  | { kind: 'object'; members: { key: string; value: JsonNode }[] }
  | { kind: 'array'; items: JsonNode[] }
  | { kind: 'string'; text: string }
  | { kind: 'number' | 'literal'; text: string };

/** Deeper nesting than this is not shown as a tree. */
const deepest = 500;

/**
 * The tree of a JSON text (RFC 8259), or undefined where it is none or too deep.
 *
 * `JSON.parse` decides what is JSON; it alone would round numbers, sort keys that look like numbers, and drop doubles.
 */
export function parseJsonTree(text: string): JsonNode | undefined {
  try {
    JSON.parse(text);
    return new TreeReader(text).value(0);
  } catch {
    return undefined;
  }
}

/** Reads what is known to be JSON. */
class TreeReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonNode {
    if (depth > deepest) throw new RangeError('too deep');
    switch (this.#peek()) {
      case '{':
        return { kind: 'object', members: this.#members(depth + 1) };
      case '[':
        return { kind: 'array', items: this.#items(depth + 1) };
      case '"':
        return { kind: 'string', text: this.#string() };
      default:
        return this.#scalar();
    }
  }

  #members(depth: number): { key: string; value: JsonNode }[] {
    const members: { key: string; value: JsonNode }[] = [];
    this.#take();
    while (this.#peek() !== '}') {
      if (this.#peek() === ',') this.#take();
      this.#peek();
      const key = this.#string();
      this.#take();
      members.push({ key, value: this.value(depth) });
    }
    this.#take();
    return members;
  }

  #items(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    this.#take();
    while (this.#peek() !== ']') {
      if (this.#peek() === ',') this.#take();
      items.push(this.value(depth));
    }
    this.#take();
    return items;
  }

  #string(): string {
    const start = this.#at;
    let end = start;
    do end = this.#text.indexOf('"', end + 1);
    while (this.#isEscaped(end));
    this.#at = end + 1;
    const written = this.#text.slice(start, this.#at);
    return written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
  }

  #isEscaped(at: number): boolean {
    let before = at;
    while (this.#text[before - 1] === '\\') before -= 1;
    return (at - before) % 2 === 1;
  }

  #scalar(): JsonNode {
    scalar.lastIndex = this.#at;
    const text = scalar.exec(this.#text)?.[0] ?? '';
    this.#at += text.length;
    return { kind: /^[-\d]/.test(text) ? 'number' : 'literal', text };
  }

  /** Takes a bracket, a comma or a colon. */
  #take(): void {
    this.#peek();
    this.#at += 1;
  }

  /** What comes next that is no space. */
  #peek(): string {
    while (this.#text.charCodeAt(this.#at) <= 0x20) this.#at += 1;
    return this.#text[this.#at] ?? '';
  }
}

/** A number, or true, false or null. */
const scalar = /[^\s,\]}]+/y;

/** How many members or items a node has. */
export function sizeOf(node: JsonNode): number {
  return node.kind === 'object' ? node.members.length : node.kind === 'array' ? node.items.length : 0;
}

/** The nodes to open so that as much as possible is seen, level by level, but no more than so many rows. */
export function nodesToOpen(root: JsonNode, mostRows: number): Set<JsonNode> {
  const open = new Set<JsonNode>();
  const waiting = [root];
  let rows = 1;
  for (const node of waiting) {
    const children = childrenOf(node);
    if (children.length === 0) continue;
    rows += Math.min(children.length, rowsAtOnce);
    if (rows > mostRows) break;
    open.add(node);
    waiting.push(...children.slice(0, rowsAtOnce).map(({ value }) => value));
  }
  return open;
}

/** The rows of one node that are shown until the reader asks for more. */
export const rowsAtOnce = 200;

/** What is within a node, with the keys; items of an array have their places. */
export function childrenOf(node: JsonNode): { key: string; value: JsonNode }[] {
  if (node.kind === 'object') return node.members;
  if (node.kind === 'array') return node.items.map((value, at) => ({ key: String(at), value }));
  return [];
}
