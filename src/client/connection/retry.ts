import { MayflyError, NetworkError } from './errors.ts';

/** How often a call is tried, and the delays in between (milliseconds). */
export type RetryPolicy = { tries: number; firstDelayMs: number; maxDelayMs: number };

/** The default, for uploads: it fails after about half a minute. */
export const defaultRetry: RetryPolicy = { tries: 6, firstDelayMs: 1000, maxDelayMs: 30_000 };

/** A failed try that will be repeated. */
export type Retry = { attempt: number; delayMs: number; error: MayflyError | NetworkError };

export type RetryOptions = { signal?: AbortSignal; onRetry?: (retry: Retry) => void };

/** The maximum `Retry-After` that is waited for (milliseconds). */
const maxWaitMs = 120_000;
const retriedStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Retries with exponential backoff and random jitter, so that many clients do not return at once. It waits for
 * `Retry-After`, but fails if that is over two minutes. Permanent errors are not retried.
 *
 * @param attempt Gets the number of the try, from 1.
 * @throws the error of the last try, or the signal's reason
 */
export async function withRetry<Result>(
  { tries, firstDelayMs, maxDelayMs }: RetryPolicy,
  { signal, onRetry }: RetryOptions,
  attempt: (number: number) => Promise<Result>,
): Promise<Result> {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      signal?.throwIfAborted();
      if (number >= tries || !canRetry(error, number)) throw error;
      const backoff = Math.min(maxDelayMs, firstDelayMs * 2 ** (number - 1)) * (0.5 + Math.random() / 2);
      const asked = error instanceof MayflyError ? (error.retryAfter ?? 0) * 1000 : 0;
      if (asked > maxWaitMs) throw error;
      const delayMs = Math.max(backoff, asked);
      onRetry?.({ attempt: number, delayMs, error });
      await sleep(delayMs, signal);
    }
  }
}

function canRetry(error: unknown, number: number): error is MayflyError | NetworkError {
  if (error instanceof NetworkError) return true;
  if (!(error instanceof MayflyError)) return false;
  // An interrupted try may still be running under the same idempotency key.
  return retriedStatuses.has(error.status) || (error.status === 409 && number > 1);
}

/** @throws the signal's reason, as soon as it aborts */
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
