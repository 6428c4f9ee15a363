/** A unit of systemd: the values of its keys, without regard to sections. */
export class Unit {
  readonly #entries: { key: string; value: string }[];

  constructor(text: string) {
    this.#entries = [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => ({ key, value }));
  }

  all(key: string): string[] {
    return this.#entries.filter((entry) => entry.key === key).map(({ value }) => value);
  }

  /** @throws Error if the key does not occur exactly once */
  one(key: string): string {
    const [value, ...others] = this.all(key);
    if (value === undefined || others.length > 0) throw new Error(`the unit must have ${key} once`);
    return value;
  }
}

/** An `EnvironmentFile` of systemd, as far as ours uses its syntax (systemd.exec(5)). */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const lines = [...text.matchAll(/^(?<name>[A-Z]\w*)=(?:"(?<quoted>[^"]*)"|(?<plain>.*))$/gm)];
  return Object.fromEntries(
    lines.map(({ groups }) => [groups?.name ?? '', groups?.quoted ?? groups?.plain ?? '']),
  );
}
