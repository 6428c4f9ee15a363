import { Unhealthy } from '../core/ports/probe.ts';

/** Why something failed: a code to search for, and one line of text. */
type Reason = {
  code: string;
  reason: string;
  /** The innermost error, which code and reason come from. */
  inner: object;
};

/** In characters. */
const maxReasonLength = 300;

/**
 * Extracts the reason of an error in a form that is safe to log: one line, without a stack, credentials in URLs, or
 * the arguments of a command. Wrapped errors are unwrapped.
 */
export function reasonOf(error: unknown): Reason {
  const inner = innermost(error);
  const text = inner instanceof Error ? inner.message : String(inner);
  const [line = ''] = text.trim().split('\n');
  const reason = line
    // Redis quotes the arguments of an unknown command: a script, and a client address.
    .replace(/, with args beginning with:.*/, '')
    .replace(/\/\/[^/@\s]*@/g, '//')
    .slice(0, maxReasonLength);
  const code = codeOf(inner, reason);
  return { code, reason: reason || code, inner: inner instanceof Error ? inner : {} };
}

function innermost(error: unknown): unknown {
  if (error instanceof Error && error.cause instanceof Error) return innermost(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  return error;
}

/** The code of the system or of SQLite, the first word of a Redis error, or the name of the error. */
function codeOf(error: unknown, reason: string): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  if (error instanceof Unhealthy) return error.state.toUpperCase();
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  if (error.name === 'ReplyError') return /^[A-Z]+/.exec(reason)?.[0] ?? 'ERR';
  if (error.message === 'Command timed out') return 'ETIMEDOUT';
  return error.name === 'Error' ? 'UNKNOWN' : error.name;
}
