export const root: string;
export const pinnedVersion: string;
