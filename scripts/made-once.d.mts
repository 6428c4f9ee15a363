export function madeOnce(name: string, make: (to: string) => Promise<void>): Promise<string>;
