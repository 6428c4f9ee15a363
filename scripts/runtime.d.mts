type Manifest = {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
};

export const root: string;
export const pinnedVersion: string;
export function readManifest(folder: string): Manifest;
