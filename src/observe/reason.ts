import { Unwell } from '../core/ports/probe.ts';

/** Why something failed: a code to search for, and one line for people. */
type Reason = {
  code: string;
  reason: string;
  /** The error that they are of: the innermost. */
  inner: object;
};

/** Longest text of a reason (characters). */
const longestReason = 300;

/**
 * Says why something failed, safe to log: one line, without a stack, credentials in URLs, or the arguments of a
 * command. Of a failure that wraps another, or several, the innermost is what counts.
 */
export function reasonOf(error: unknown): Reason {
  const inner = innermost(error);
  const text = inner instanceof Error ? inner.message : String(inner);
  const [line = ''] = text.trim().split('\n');
  const reason = line
    // Redis quotes the arguments of a command that it does not know: a script, and a client's address.
    .replace(/, with args beginning with:.*/, '')
    .replace(/\/\/[^/@\s]*@/g, '//')
    .slice(0, longestReason);
  const code = codeOf(inner, reason);
  return { code, reason: reason || code, inner: inner instanceof Error ? inner : {} };
}

function innermost(error: unknown): unknown {
  if (error instanceof Error && error.cause instanceof Error) return innermost(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  return error;
}

/** The system's or SQLite's code, the word that a reply of Redis begins with, or the name of the error. */
function codeOf(error: unknown, reason: string): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  if (error instanceof Unwell) return error.state.toUpperCase();
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  if (error.name === 'ReplyError') return /^[A-Z]+/.exec(reason)?.[0] ?? 'ERR';
  if (error.message === 'Command timed out') return 'ETIMEDOUT';
  return error.name === 'Error' ? 'UNKNOWN' : error.name;
}
