/** A backup or a restore that cannot be done. The message is one line for the operator. */
export class BackupFailure extends Error {}

/** @param reason Continues the path, and says what to do. */
export function refused(path: string, reason: string): BackupFailure {
  return new BackupFailure(`${JSON.stringify(path)} ${reason}`);
}
