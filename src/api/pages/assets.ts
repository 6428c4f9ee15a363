import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PageAssets } from '../../web/render.tsx';

const built = fileURLToPath(new URL('../../../build/web/', import.meta.url));

type Manifest = { entries: Record<string, { file: string; chunks: string[] }> };

/** What was built for the browser. Without a build there are pages all the same, plain ones. */
export class Assets {
  readonly #folder: string;
  readonly #entries: Manifest['entries'];
  readonly #kept = new Map<string, Promise<Uint8Array<ArrayBuffer> | undefined>>();

  constructor(folder: string = built) {
    this.#folder = folder;
    this.#entries = readManifest(folder).entries;
  }

  /**
   * Where the browser finds what a page needs: a page without an entry of its name has no script.
   *
   * @param basePath The path at which addresses of this server begin.
   */
  of(entry: string, basePath: string): PageAssets {
    const { [entry]: script, style, icon } = this.#entries;
    const addressOf = (file: string) => `${basePath}/assets/${file}`;
    return {
      script: script && addressOf(script.file),
      chunks: (script?.chunks ?? []).map(addressOf),
      style: style && addressOf(style.file),
      icon: icon && addressOf(icon.file),
    };
  }

  /** The name of the icon's file, where there is one. */
  get icon(): string | undefined {
    return this.#entries.icon?.file;
  }

  /** The content of a file; undefined where there is none of this name. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let content = this.#kept.get(name);
    if (content === undefined) {
      content = readFile(join(this.#folder, name)).then(
        (bytes) => new Uint8Array(bytes),
        () => {
          // Names that lead nowhere are made up without end.
          this.#kept.delete(name);
          return undefined;
        },
      );
      this.#kept.set(name, content);
    }
    return content;
  }
}

function readManifest(folder: string): Manifest {
  try {
    return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  } catch {
    return { entries: {} };
  }
}
