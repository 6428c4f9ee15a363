/** Named values that identify the settings that the server last ran with on this database. */
export interface DeploymentStore {
  read(): Promise<Record<string, string>>;
  /** Sets these values; others stay. */
  write(values: Record<string, string>): Promise<void>;
}
