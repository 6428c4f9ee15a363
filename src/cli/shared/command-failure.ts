/** The exit codes of all commands. `exit-code-help.ts` has their meanings. */
export const exitCodes = {
  done: 0,
  failed: 1,
  wrongCall: 2,
  notFound: 3,
  refused: 4,
  tooLarge: 5,
  away: 6,
  damaged: 7,
  /** `EX_CONFIG` of sysexits.h, as service managers know it. */
  invalidSettings: 78,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure that is shown as one line without a stack trace. An empty message shows nothing. */
export class CommandFailure extends Error {
  readonly code: ExitCode;

  constructor(message: string, code: ExitCode = exitCodes.failed) {
    super(message);
    this.code = code;
  }
}
