/** Named values that the servers of a database share: the settings that they last ran with, and its state. */
export interface DeploymentStore {
  read(): Promise<Record<string, string>>;
  /** Sets these values; others stay. */
  write(values: Record<string, string>): Promise<void>;
  /**
   * Sets a value if it is still the one that the caller read; `before` is undefined if there was none.
   *
   * @returns Whether it was.
   */
  replace(name: string, before: string | undefined, after: string): Promise<boolean>;
}
