/** A few words about the settings that a database was last served with. */
export interface DeploymentStore {
  read(): Promise<Record<string, string>>;
  write(words: Record<string, string>): Promise<void>;
}
