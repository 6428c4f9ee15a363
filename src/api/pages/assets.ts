import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress, gzip } from 'node:zlib';
import { ownPath } from '../../program/index.ts';
import type { PageAssets } from '../../web/render.tsx';

const built = ownPath('build/web');

/** The codings in which the build's text files are served, the preferred one first: that in which they are stored. */
export const assetCodings = ['br', 'gzip'] as const;

export type AssetCoding = (typeof assetCodings)[number];

type Bytes = Uint8Array<ArrayBuffer>;
type Manifest = { entries: Record<string, { file: string; chunks: string[] }> };

/** The files that the build made for browsers. Without a build, pages have no scripts and styles. */
export class Assets {
  readonly #folder: string;
  readonly #entries: Manifest['entries'];
  readonly #kept = new Map<string, Promise<Bytes | undefined>>();

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

  /** The content of a file that is stored as it is; undefined if it does not exist. */
  read(name: string): Promise<Bytes | undefined> {
    return this.#keep(name, () => readFile(join(this.#folder, name)));
  }

  /** The content of a text file, in a coding or in none; undefined if it does not exist. */
  readText(name: string, coding?: AssetCoding): Promise<Bytes | undefined> {
    if (coding === 'br') return this.read(`${name}.br`);
    const [stored, recode] =
      coding === 'gzip'
        ? [this.readText(name), promisify(gzip)]
        : [this.readText(name, 'br'), promisify(brotliDecompress)];
    return this.#keep(`${name} ${coding ?? 'plain'}`, async () => {
      const bytes = await stored;
      return bytes && recode(bytes);
    });
  }

  /** Remembers a content. Files of the build do not change, and are few. */
  #keep(key: string, load: () => Promise<Uint8Array | undefined>): Promise<Bytes | undefined> {
    let content = this.#kept.get(key);
    if (content === undefined) {
      content = load().then(
        (bytes) => bytes && new Uint8Array(bytes),
        () => undefined,
      );
      this.#kept.set(key, content);
      // Keep no unknown names: clients can invent any number.
      content.then((bytes) => bytes ?? this.#kept.delete(key));
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
