export function hashOf(paths: string[]): string;
export function filesBelow(path: string): string[];
