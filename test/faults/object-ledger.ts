import { bytesOf } from './content.ts';

/** Bytes that follow from a name and a size, so that no copy is needed for a comparison. */
export type Content = { name: string; size: number };

/**
 * The possible contents of each key, by what was acknowledged: one content or none after a response, and either of
 * two if a request was in flight when the server was killed.
 */
export class ObjectLedger {
  readonly #possible = new Map<string, (Content | undefined)[]>();

  get keys(): string[] {
    return [...this.#possible.keys()];
  }

  /** The certain content of a key; undefined if there is none. */
  certain(key: string): Content | undefined {
    const [only, ...others] = this.#possible.get(key) ?? [undefined];
    if (others.length > 0) throw new Error(`the content of ${key} is not certain`);
    return only;
  }

  /**
   * Runs a change of keys, and records the possible contents: the new one once it is acknowledged, and
   * the old or the new one until then.
   */
  async changing(keys: string[], content: Content | undefined, change: () => Promise<void>): Promise<void> {
    for (const key of keys) this.#possible.set(key, [...(this.#possible.get(key) ?? [undefined]), content]);
    await change();
    for (const key of keys) this.#possible.set(key, [content]);
  }

  /** Records the content that was found. @returns The problem with it, if there is one */
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

  /** The size of every certain content, by key. */
  sizes(): Map<string, number> {
    const entries = this.keys.map((key) => [key, this.certain(key)?.size] as const);
    return new Map(entries.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
  }
}
