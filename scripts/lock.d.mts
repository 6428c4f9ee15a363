export function withLock<Result>(lock: string, work: () => Promise<Result>): Promise<Result>;
