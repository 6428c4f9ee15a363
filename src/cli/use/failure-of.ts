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

/** What the user is told of an error, and the exit code. What nobody has foreseen stays as it is, with its trace. */
export function failureOf(error: unknown): unknown {
  if (error instanceof CommandFailure) return error;
  if (error instanceof InvalidCallError)
    return new CommandFailure(lowered(error.message), exitCodes.wrongCall);
  if (error instanceof MayflyError) return new CommandFailure(textOf(error), byStatus[error.status]);
  if (error instanceof NetworkError)
    return new CommandFailure(`${lowered(error.message)}${whyAway(error)}`, exitCodes.away);
  if (error instanceof SealError)
    return new CommandFailure(
      lowered(error.message) +
        (error.code === 'password_needed' ? '; --password, --password-file or MAYFLY_PASSWORD gives it' : ''),
      refusedSeals.has(error.code) ? exitCodes.refused : exitCodes.damaged,
    );
  return ofSystem(error) ?? ofClient(error) ?? error;
}

/** As `failureOf`, for one of several things: it says which one, so that a script can go on from there. */
export function failureOfOne(name: string, error: unknown): unknown {
  const failure = failureOf(error);
  if (!(failure instanceof CommandFailure) || failure.message === '' || failure.message.includes(name))
    return failure;
  return new CommandFailure(`${name}: ${failure.message}`, failure.code);
}

/** By the words of both runtimes. */
const reasonsAway: [RegExp, string][] = [
  [/cert/i, ': its certificate is not trusted; NODE_EXTRA_CA_CERTS names a file with that of its authority'],
  [/ENOTFOUND|EAI_AGAIN|dns error/, ': no host of this name was found'],
  [/EPROTO|InvalidContentType/, ': it does not speak HTTPS there; is it http://?'],
  [/ECONNREFUSED|refused/, ': nothing listens there; is it the right address?'],
];

function whyAway(error: NetworkError): string {
  let words = '';
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause)
    words += `${(cause as NodeJS.ErrnoException).code} ${cause.message} `;
  const known = reasonsAway.find(([pattern]) => pattern.test(words))?.[1];
  return `${known ?? '; is it the right address?'} --url or MAYFLY_URL name another`;
}

function textOf({ code, message, status, retryAfter }: MayflyError): string {
  const hints: Record<string, string> = {
    bucket_not_found: `POST /v1/buckets with {"name": "NAME"} makes one`,
    401: 'MAYFLY_KEY or the config file give the key',
    429: `try again in ${retryAfter ?? 60} seconds`,
    503: `try again in ${retryAfter ?? 10} seconds`,
  };
  const hint = hints[code] ?? hints[status];
  return `${lowered(message).replace(/\.$/, '')}${hint === undefined ? '' : `; ${hint}`}`;
}

/** Errors of files, by the system's own words for them. */
function ofSystem(error: unknown): CommandFailure | undefined {
  const { code, path, message } = (error ?? {}) as { code?: unknown; path?: unknown; message?: string };
  if (typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return undefined;
  // Whoever has read enough, as `head` does, needs not be told.
  if (code === 'EPIPE') return new CommandFailure('');
  const reasons: Record<string, string> = {
    ENOENT: 'no such file or folder',
    EACCES: 'no permission',
    EPERM: 'not permitted',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is no folder',
    ENOSPC: 'no room is left',
    EROFS: 'the file system is read-only',
  };
  const reason = reasons[code] ?? message?.replace(/^E[A-Z]+: /, '').replace(/, .*$/s, '') ?? code;
  const text = typeof path === 'string' ? `${path}: ${reason}` : reason;
  return new CommandFailure(text, code === 'ENOSPC' ? exitCodes.tooLarge : exitCodes.failed);
}

/** What the client says in words of its own, as of a file that changed while it was read. */
function ofClient(error: unknown): CommandFailure | undefined {
  if (!(error instanceof Error) || error.constructor !== Error) return undefined;
  return new CommandFailure(lowered(error.message));
}

function lowered(message: string): string {
  return /^[A-Z](?![A-Z])/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
}
