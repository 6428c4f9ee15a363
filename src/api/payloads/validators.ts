import type { StoredPayload } from '../../core/ports/payload-store.ts';
import type { Validators } from '../shared/answers/conditional.ts';

/** A payload never changes, so its id is the strongest validator there is, and tells nothing of its content. */
export function etagOf({ id }: StoredPayload): string {
  return `"${id}"`;
}

/** What conditional and range requests for a payload are answered from. */
export function validatorsOf(payload: StoredPayload): Validators {
  return { etag: etagOf(payload), lastModified: new Date(payload.createdAt) };
}
