export function threadModules(): string[];
