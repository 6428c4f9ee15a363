import type { StoredPayload } from '../../core/ports/payload-store.ts';
import type { Validators } from '../shared/conditional.ts';

/** A payload never changes, so its id is the strongest validator there is, and tells nothing of its content. */
export function validatorsOf({ id, createdAt }: StoredPayload): Validators {
  return { etag: `"${id}"`, lastModified: new Date(createdAt) };
}
