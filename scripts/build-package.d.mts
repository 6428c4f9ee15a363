export function ensureLibBuilt(): Promise<boolean>;
