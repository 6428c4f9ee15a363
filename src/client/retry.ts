import { MayflyError, NetworkError } from './errors.ts';

/** How often something is tried, and how long is waited in between (milliseconds). */
export type RetryPolicy = { tries: number; firstDelayMs: number; longestDelayMs: number };

/** For what brings many bytes: about half a minute goes by before it is given up. */
export const patient: RetryPolicy = { tries: 6, firstDelayMs: 1000, longestDelayMs: 30_000 };

/** A trial that failed and will be repeated. */
export type Retry = { attempt: number; delayMs: number; error: MayflyError | NetworkError };

export type RetryOptions = { signal?: AbortSignal; onRetry?: (retry: Retry) => void };

/** Nobody waits longer than this for a server that asks for patience (milliseconds). */
const longestWaitMs = 120_000;
const worthAnotherTry = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Tries until it works, with a delay that doubles each time and is up to half as long by chance, so that many clients
 * do not come back at once. A server that names a time in `Retry-After` is left alone for that long, or for good where
 * it is over two minutes. What the server refuses for good is not tried again.
 *
 * @param attempt Is given the number of the trial, from 1.
 * @throws What the last trial threw, or the signal's reason.
 */
export async function withRetry<Result>(
  { tries, firstDelayMs, longestDelayMs }: RetryPolicy,
  { signal, onRetry }: RetryOptions,
  attempt: (number: number) => Promise<Result>,
): Promise<Result> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      signal?.throwIfAborted();
      if (number >= tries || !isWorthAnotherTry(error, number)) throw error;
      const backoff = Math.min(longestDelayMs, firstDelayMs * 2 ** (number - 1)) * (0.5 + Math.random() / 2);
      const asked = error instanceof MayflyError ? (error.retryAfter ?? 0) * 1000 : 0;
      if (asked > longestWaitMs) throw error;
      const delayMs = Math.max(backoff, asked);
      onRetry?.({ attempt: number, delayMs, error });
      await sleep(delayMs, signal);
    }
  }
}

function isWorthAnotherTry(error: unknown, number: number): error is MayflyError | NetworkError {
  if (error instanceof NetworkError) return true;
  if (!(error instanceof MayflyError)) return false;
  // A trial that broke off may be running yet under the same Idempotency-Key.
  return worthAnotherTry.has(error.status) || (error.status === 409 && number > 1);
}

/** @throws The signal's reason, as soon as it is aborted. */
function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', wake);
      resolve();
    }, milliseconds);
    if (signal?.aborted) wake();
    else signal?.addEventListener('abort', wake, { once: true });
  });
}
