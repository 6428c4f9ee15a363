import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Elysia } from 'elysia';
import type { PageAssets } from '../../web/render.tsx';
import { reply } from '../shared/exchange.ts';
import { mountResource } from '../shared/resource.ts';
import { assetOperation } from './operations.ts';

const folder = fileURLToPath(new URL('../../../build/web/', import.meta.url));

type Manifest = { entries: Record<string, { file: string; chunks: string[] }> };

/** What was built for the browser. Without a build there are pages all the same, plain ones. */
export class Assets {
  readonly #entries: Manifest['entries'];

  constructor() {
    this.#entries = readManifest().entries;
  }

  /** Where the browser finds what the page of a script needs. */
  of(entry: string): PageAssets {
    const script = this.#entries[entry];
    return {
      script: script && addressOf(script.file),
      chunks: (script?.chunks ?? []).map(addressOf),
      style: this.#single('style'),
      icon: this.#single('icon'),
    };
  }

  #single(entry: string): string | undefined {
    const found = this.#entries[entry];
    return found && addressOf(found.file);
  }
}

function addressOf(file: string): string {
  return `/assets/${file}`;
}

function readManifest(): Manifest {
  try {
    return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  } catch {
    return { entries: {} };
  }
}

const types: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};
const encodings = [
  { name: 'br', extension: '.br' },
  { name: 'gzip', extension: '.gz' },
];

/** `/assets/{file}`: their names tell their content, so that a browser asks for each once. */
export function mountAssets(app: Elysia): void {
  mountResource(app, '/assets/:file', {
    GET: {
      handler: async (exchange, { file = '' }) => {
        const type = types[/^[A-Za-z0-9_-]+\.([a-z]+)$/.exec(file)?.[1] ?? ''];
        if (type === undefined) return exchange.errors.notFound(exchange);
        const accepted = exchange.request.headers.get('accept-encoding') ?? '';
        const encoding = encodings.find(({ name }) =>
          new RegExp(`\\b${name}\\b(?!\\s*;\\s*q=0(?:$|[,\\s]))`).test(accepted),
        );
        const content = await read(`${file}${encoding?.extension ?? ''}`);
        if (content === undefined) return exchange.errors.notFound(exchange);
        const headers = {
          'content-type': type,
          'content-length': String(content.length),
          'cache-control': 'public, max-age=31536000, immutable',
          'x-content-type-options': 'nosniff',
          vary: 'Accept-Encoding',
          ...(encoding && { 'content-encoding': encoding.name }),
        };
        return reply(exchange, 200, headers, content);
      },
      operation: assetOperation,
    },
  });
}

const kept = new Map<string, Promise<Uint8Array<ArrayBuffer> | undefined>>();

function read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  let content = kept.get(name);
  if (content === undefined) {
    content = readFile(join(folder, name)).then(
      (bytes) => new Uint8Array(bytes),
      () => {
        // Names that lead nowhere are made up without end.
        kept.delete(name);
        return undefined;
      },
    );
    kept.set(name, content);
  }
  return content;
}
