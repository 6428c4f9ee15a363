import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownPath } from '../../program/index.ts';
import type { PageAssets } from '../../web/render.tsx';

const built = ownPath('build/web');

type Manifest = { entries: Record<string, { file: string; chunks: string[] }> };

/** The files that the build made for browsers. Without a build, pages have no scripts and styles. */
export class Assets {
  readonly #folder: string;
  readonly #entries: Manifest['entries'];
  readonly #kept = new Map<string, Promise<Uint8Array<ArrayBuffer> | undefined>>();

  constructor(folder: string = built) {
    this.#folder = folder;
    this.#entries = readManifest(folder).entries;
  }

  /**
   * The URLs of the files that a page loads. A page without an entry has no script.
   *
   * @param basePath The path at which the URLs of this server begin.
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

  /** The file name of the icon, if it was built. */
  get icon(): string | undefined {
    return this.#entries.icon?.file;
  }

  /** The content of a file; undefined if it does not exist. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let content = this.#kept.get(name);
    if (content === undefined) {
      content = readFile(join(this.#folder, name)).then(
        (bytes) => new Uint8Array(bytes),
        () => {
          // Keep no unknown names: clients can invent any number.
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
