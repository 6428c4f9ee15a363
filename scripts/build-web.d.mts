export function ensureWebBuilt(options?: { toPublish?: boolean }): Promise<boolean>;
export function hashOf(paths: string[]): string;
export function filesBelow(path: string): string[];
