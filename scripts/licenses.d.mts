import type { Metafile } from 'esbuild';

type Manifest = { name: string; version: string; license?: string; author?: string | { name: string } };

export function bundledPackages(metafiles: Metafile[]): string[];
export function licensesOf(
  folders: string[],
  standardText?: (manifest: Manifest) => string | undefined,
): string;
