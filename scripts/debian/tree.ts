import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

type Content = string | Uint8Array;

/** The files of a package, below a folder. */
export class PackageTree {
  readonly root: string;
  readonly #files: { path: string; size: number; md5: string }[] = [];

  constructor(root: string) {
    this.root = root;
  }

  /** @param path Such as `usr/bin/mayfly`. */
  write(path: string, content: Content, mode = 0o644): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
    const bytes = Buffer.from(content);
    this.#files.push({ path, size: bytes.length, md5: createHash('md5').update(bytes).digest('hex') });
  }

  copy(from: string, path: string, mode = 0o644): void {
    this.write(path, readFileSync(from), mode);
  }

  /** `gzip -9n`: without a time and a name, so that it is the same each time. */
  compress(path: string, content: Content): void {
    this.write(`${path}.gz`, gzipSync(content, { level: 9 }));
  }

  /** In KiB, each file rounded up, as dpkg counts. */
  get installedSize(): number {
    return this.#files.reduce((sum, { size }) => sum + Math.ceil(size / 1024), 0);
  }

  /** With which dpkg --verify compares the installed files, except settings. */
  get md5sums(): string {
    const installed = this.#files.filter(({ path }) => !/^(DEBIAN|etc)\//.test(path));
    return installed.map(({ path, md5 }) => `${md5}  ${path}\n`).join('');
  }
}
