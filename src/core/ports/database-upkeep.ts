/** Maintenance of the database after rows were removed. */
export interface DatabaseUpkeep {
  /**
   * Does one step: returns unused space to the file system, and removes deleted content from logs, where it would
   * outlive its row. A step is too short to delay requests.
   *
   * @returns `more` if another step is useful now.
   * @throws Failure `no_room` if the disk is full
   */
  maintain(): Promise<'more' | 'done'>;

  /** Frees the space that is reserved for writes on a full disk. */
  makeRoom(): Promise<void>;

  /** Reserves that space again, if the disk has enough. */
  keepRoom(): Promise<void>;
}
