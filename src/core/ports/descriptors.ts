/** How many file descriptors this process has open, and how many it may open; undefined if the system does not say. */
export type CountDescriptors = () => Promise<{ open: number; limit: number } | undefined>;
