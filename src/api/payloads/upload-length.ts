import { tooLarge } from '../../core/failure.ts';

/** What boundaries and headers may add to a form (bytes). */
export const formOverhead = 64 * 1024;

/**
 * Says so before a byte is read: looking for a type in the first ones would have the client send them.
 *
 * @param length What was announced of the content (bytes).
 * @param limit The most bytes of the content.
 * @throws Failure `too_large`
 */
export function refuseTooLong(length: number | undefined, limit: number, asForm: boolean): void {
  if (length !== undefined && length > limit + (asForm ? formOverhead : 0)) throw tooLarge('Content', limit);
}
