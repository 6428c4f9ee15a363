import type { Metafile } from 'esbuild';

export function bundledPackages(metafiles: Metafile[]): string[];
export function licensesOf(root: string, folders: string[]): string;
