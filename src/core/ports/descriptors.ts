/** The number of open file descriptors of this process, and its limit; undefined if unknown. */
export type CountDescriptors = () => Promise<{ open: number; limit: number } | undefined>;
