import type { StoredPayload } from '../../../core/ports/payload-store.ts';
import type { Validators } from '../../shared/answers/conditional.ts';

/** A payload never changes, so its id is a strong validator, which reveals nothing about the content. */
export function etagOf({ id }: StoredPayload): string {
  return `"${id}"`;
}

/** The validators for conditional and range requests. */
export function validatorsOf(payload: StoredPayload): Validators {
  return { etag: etagOf(payload), lastModified: new Date(payload.createdAt) };
}
