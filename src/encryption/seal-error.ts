/** Why a file could not be opened. */
export type SealErrorCode =
  /** The header or the metadata is not that of a sealed file of a known version. */
  | 'not_sealed'
  /** It needs more iterations of PBKDF2 than readers allow. */
  | 'too_costly'
  /** The secret is not 43 characters of base64url, so the link is incomplete. */
  | 'bad_secret'
  /** It needs a password, and none was given. */
  | 'password_needed'
  /** The secret or the password is wrong. */
  | 'wrong_key'
  /** The content was changed. */
  | 'altered'
  /** The end is missing. */
  | 'truncated';

const messages: Record<SealErrorCode, string> = {
  not_sealed: 'This is not a sealed file, or its version is not supported',
  too_costly: 'The password needs more than the maximum of 2,000,000 iterations of PBKDF2',
  bad_secret: 'The link is not complete: the key after # is missing or too short',
  password_needed: 'A password is needed to open this',
  wrong_key: 'The link or the password is wrong',
  altered: 'The content was altered, damaged or cut off after it was sealed',
  truncated: 'The content is truncated: its end is missing',
};

export class SealError extends Error {
  readonly code: SealErrorCode;

  constructor(code: SealErrorCode) {
    super(messages[code]);
    this.name = 'SealError';
    this.code = code;
  }
}
