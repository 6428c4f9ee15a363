import type { Exchange } from '../api/shared/exchange.ts';
import { release } from '../api/shared/held-bytes.ts';

/** How long the rest of a body may take that nobody wants (ms). */
const longestDrain = 2000;

/** Whether the whole body of the request came, where it has one. */
export function isBodyRead({ request: { headers }, body, smallBody }: Exchange): boolean {
  if (body !== undefined || smallBody !== undefined) return body?.isWhole ?? smallBody?.isWhole ?? false;
  const length = headers.get('content-length');
  return (length === null || length === '0') && !headers.has('transfer-encoding');
}

/**
 * Reads the rest of a body and drops it: many clients send all of it before they read an answer. Slow ones get the answer
 * after two seconds, and their connection is to be closed: else the rest would come for as long as they like, and count
 * for nobody (RFC 9112 §9.6).
 *
 * @returns Whether all of it came.
 */
export async function drain({ body, bodyUsed }: Request): Promise<boolean> {
  // The runtimes hand over no body of a GET, though one may come.
  if (body === null || bodyUsed || body.locked) return false;
  const reader = body.getReader();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => undefined);
  }, longestDrain);
  try {
    for (;;) {
      const next = await reader.read();
      if (next.done) break;
      release(next.value);
    }
    return !isLate;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
