import { tooLarge } from '../../../core/failure.ts';

/** Maximum bytes of boundaries and headers in a form. */
export const formOverhead = 64 * 1024;

/**
 * Refuses a body that is too large before reading a byte: after a read, the client would send it.
 *
 * @param length The announced bytes of the content.
 * @param limit Maximum bytes of the content.
 * @throws Failure `too_large`
 */
export function refuseTooLong(length: number | undefined, limit: number, asForm: boolean): void {
  if (length !== undefined && length > limit + (asForm ? formOverhead : 0)) throw tooLarge('Content', limit);
}
