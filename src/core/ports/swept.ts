/** The result of one batch of a sweep. */
export type Swept = {
  /** The number of removed rows. A store that truncates whole tables may estimate it. */
  removed: number;
  /** Whether nothing is left to remove. If false, the next batch may still find nothing. */
  isDone: boolean;
};
