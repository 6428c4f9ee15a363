/** Why something could not be unsealed. */
export type SealErrorCode =
  /** It does not begin as a sealed file of a version that is known, or is no such file inside. */
  | 'not_sealed'
  /** It asks for more iterations of PBKDF2 than readers allow. */
  | 'too_costly'
  /** The secret is not 43 characters of base64url: the link is not complete. */
  | 'bad_secret'
  /** There is a password, and none was given. */
  | 'password_needed'
  /** The secret or the password is another. */
  | 'wrong_key'
  /** What is there is not what was sealed. */
  | 'altered'
  /** The end is missing. */
  | 'truncated';

const messages: Record<SealErrorCode, string> = {
  not_sealed: 'This is not a sealed file, or one of a version that is not known',
  too_costly:
    'Its password would take more than 2,000,000 iterations of PBKDF2 to check, and no more are allowed',
  bad_secret: 'The link is not complete: the key after # is missing or too short',
  password_needed: 'A password is needed to open this',
  wrong_key: 'The link or the password is not the right one',
  altered: 'The content was altered, damaged or cut off after it was sealed',
  truncated: 'The content ends early: a part of it is missing',
};

export class SealError extends Error {
  readonly code: SealErrorCode;

  constructor(code: SealErrorCode) {
    super(messages[code]);
    this.name = 'SealError';
    this.code = code;
  }
}
