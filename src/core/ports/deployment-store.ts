/** Named facts about the settings that the server last ran with on this database. */
export interface DeploymentStore {
  read(): Promise<Record<string, string>>;
  /** Sets these; others stay. */
  write(facts: Record<string, string>): Promise<void>;
}
