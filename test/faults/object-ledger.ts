import { bytesOf } from './content.ts';

/** Bytes that follow from a name and a size, so that nothing has to be kept to compare. */
export type Content = { name: string; size: number };

/**
 * What may be under each key, by what was acknowledged: one content or none where an answer came, and either of
 * two where a request was on its way when the server went.
 */
export class ObjectLedger {
  readonly #possible = new Map<string, (Content | undefined)[]>();

  get keys(): string[] {
    return [...this.#possible.keys()];
  }

  /** What is under a key for certain; undefined for nothing. */
  certain(key: string): Content | undefined {
    const [only, ...others] = this.#possible.get(key) ?? [undefined];
    if (others.length > 0) throw new Error(`nobody knows what is under ${key}`);
    return only;
  }

  /**
   * Does what changes keys, and takes note of what may be there then: the new, once it is acknowledged, and
   * the old or the new for as long as it is not.
   */
  async changing(keys: string[], content: Content | undefined, change: () => Promise<void>): Promise<void> {
    for (const key of keys) this.#possible.set(key, [...(this.#possible.get(key) ?? [undefined]), content]);
    await change();
    for (const key of keys) this.#possible.set(key, [content]);
  }

  /** Takes note of what was found. @returns What is wrong with it, if anything is */
  settle(key: string, found: Buffer | undefined): string | undefined {
    const possible = this.#possible.get(key) ?? [];
    const isFound = (content: Content | undefined) =>
      content === undefined || found === undefined
        ? content === found
        : content.size === found.length && found.equals(bytesOf(content.name, content.size));
    const match = possible.findIndex(isFound);
    if (match === -1) return `${key}: ${found === undefined ? 'gone' : `${found.length} other bytes`}`;
    this.#possible.set(key, [possible[match]]);
    return undefined;
  }

  /** The size of everything that is there for certain, by key. */
  sizes(): Map<string, number> {
    const entries = this.keys.map((key) => [key, this.certain(key)?.size] as const);
    return new Map(entries.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
  }
}
