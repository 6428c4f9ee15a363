import { release } from '../api/shared/bodies/held-bytes.ts';
import type { Exchange } from '../api/shared/exchange.ts';

/** The time limit for the rest of a body that is dropped (ms). */
const maxDrainTime = 2000;

/** Whether the whole body of the request has arrived; true if it has none. */
export function isBodyRead({ request: { headers }, body, smallBody }: Exchange): boolean {
  if (body !== undefined || smallBody !== undefined) return body?.isWhole ?? smallBody?.isWhole ?? false;
  const length = headers.get('content-length');
  return (length === null || length === '0') && !headers.has('transfer-encoding');
}

/**
 * Reads the rest of a body and drops it, because many clients send all of it before they read a response. Slow clients
 * get the response after two seconds, and the caller closes their connection. Otherwise they could send the rest for as
 * long as they like, without being counted (RFC 9112 §9.6).
 *
 * @returns Whether all of it arrived.
 */
export async function drain({ body, bodyUsed }: Request): Promise<boolean> {
  // The runtimes do not expose the body of a GET, although a client may send one.
  if (body === null || bodyUsed || body.locked) return false;
  const reader = body.getReader();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => undefined);
  }, maxDrainTime);
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
