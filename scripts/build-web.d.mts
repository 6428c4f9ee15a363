export function ensureWebBuilt(options?: { toPublish?: boolean }): Promise<boolean>;
