/** What one batch of a sweep did. */
export type Swept = {
  /** How many rows were removed. A store that empties whole tables may estimate it. */
  removed: number;
  /** Whether nothing that may be removed is left. A store may say no and find nothing next time. */
  isDone: boolean;
};
