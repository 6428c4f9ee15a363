import { InvalidCallError, MayflyError, NetworkError } from '../../client/index.ts';
import { SealError } from '../../encryption/index.ts';
import { CommandFailure, type ExitCode, exitCodes } from '../shared/command-failure.ts';

const byStatus: Record<number, ExitCode> = {
  400: exitCodes.wrongCall,
  401: exitCodes.refused,
  403: exitCodes.refused,
  404: exitCodes.notFound,
  410: exitCodes.notFound,
  413: exitCodes.tooLarge,
  502: exitCodes.away,
  503: exitCodes.away,
  504: exitCodes.away,
  507: exitCodes.tooLarge,
};

const refusedSeals = new Set(['bad_secret', 'password_needed', 'wrong_key']);

/** Turns a known error into a message and an exit code. Returns an unknown error unchanged. */
export function failureOf(error: unknown): unknown {
  if (error instanceof CommandFailure) return error;
  if (error instanceof InvalidCallError)
    return new CommandFailure(lowered(error.message), exitCodes.wrongCall);
  if (error instanceof MayflyError) return new CommandFailure(textOf(error), byStatus[error.status]);
  if (error instanceof NetworkError)
    return new CommandFailure(`${lowered(error.message)}${networkHint(error)}`, exitCodes.away);
  if (error instanceof SealError)
    return new CommandFailure(
      lowered(error.message) +
        (error.code === 'password_needed' ? '; use --password, --password-file or MAYFLY_PASSWORD' : ''),
      refusedSeals.has(error.code) ? exitCodes.refused : exitCodes.damaged,
    );
  return ofSystem(error) ?? ofClient(error) ?? error;
}

/** Like `failureOf`, for one of several targets: the message names it. */
export function failureOfOne(name: string, error: unknown): unknown {
  const failure = failureOf(error);
  if (!(failure instanceof CommandFailure) || failure.message === '' || failure.message.includes(name))
    return failure;
  return new CommandFailure(`${name}: ${failure.message}`, failure.code);
}

/** Patterns for the error messages of all runtimes. */
const networkReasons: [RegExp, string][] = [
  [
    /cert/i,
    ": its certificate is not trusted; set NODE_EXTRA_CA_CERTS to a file with its authority's certificate",
  ],
  [/ENOTFOUND|EAI_AGAIN|dns error/, ': the host name was not found'],
  [
    /EPROTO|InvalidContentType|ERR_SSL_PACKET_LENGTH|ERR_SSL_WRONG_VERSION/,
    ': the server does not speak HTTPS; try http://',
  ],
  [/ECONNREFUSED|refused/, ': no server listens at this address'],
];

function networkHint(error: NetworkError): string {
  let words = '';
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause)
    words += `${(cause as NodeJS.ErrnoException).code} ${cause.message} `;
  const reason = networkReasons.find(([pattern]) => pattern.test(words))?.[1] ?? '';
  return `${reason}; check the address (--url or MAYFLY_URL)`;
}

function textOf({ code, message, status, retryAfter }: MayflyError): string {
  const hints: Record<string, string> = {
    bucket_not_found: `POST /v1/buckets with {"name": "NAME"} creates one`,
    401: 'set a key with mayfly login or MAYFLY_KEY',
    429: `try again in ${retryAfter ?? 60} seconds`,
    503: `try again in ${retryAfter ?? 10} seconds`,
  };
  const hint = hints[code] ?? hints[status];
  return `${lowered(message).replace(/\.$/, '')}${hint === undefined ? '' : `; ${hint}`}`;
}

/** Errors of the system, such as those of files. */
function ofSystem(error: unknown): CommandFailure | undefined {
  const { code, path, message } = (error ?? {}) as { code?: unknown; path?: unknown; message?: string };
  if (typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return undefined;
  // The reader closed the pipe, as `head` does. That needs no message.
  if (code === 'EPIPE') return new CommandFailure('');
  const reasons: Record<string, string> = {
    // The runtimes decode names with U+FFFD, so such a file cannot be opened.
    ENOENT: `no such file or folder${String(path).includes('\uFFFD') ? '; if its name is not UTF-8, rename it' : ''}`,
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a segment of the path is not a folder',
    ENOSPC: 'the disk is full',
    EROFS: 'the file system is read-only',
  };
  const reason = reasons[code] ?? message?.replace(/^E[A-Z]+: /, '').replace(/, .*$/s, '') ?? code;
  const text = typeof path === 'string' ? `${path}: ${reason}` : reason;
  return new CommandFailure(text, code === 'ENOSPC' ? exitCodes.tooLarge : exitCodes.failed);
}

/** Plain errors that the client throws, such as for a file that changed during the upload. */
function ofClient(error: unknown): CommandFailure | undefined {
  if (!(error instanceof Error) || error.constructor !== Error) return undefined;
  return new CommandFailure(lowered(error.message));
}

function lowered(message: string): string {
  return /^[A-Z](?![A-Z])/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
}
