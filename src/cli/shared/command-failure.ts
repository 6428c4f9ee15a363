/** The exit codes of the command line. `exit-code-help.ts` describes them to people. */
export const exitCodes = {
  done: 0,
  failed: 1,
  wrongCall: 2,
  notFound: 3,
  refused: 4,
  tooLarge: 5,
  away: 6,
  damaged: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure that its message explains: the user sees one line and no trace, and nothing where it is empty. */
export class CommandFailure extends Error {
  readonly code: ExitCode;

  constructor(message: string, code: ExitCode = exitCodes.failed) {
    super(message);
    this.code = code;
  }
}
