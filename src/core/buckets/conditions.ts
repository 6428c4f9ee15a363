import { preconditionFailed } from '../failure.ts';
import type { StoredObject } from '../ports/buckets/object-store.ts';

/** ETags without quotes; `*` for any. */
export type Tags = '*' | string[];

/** The preconditions of a write (RFC 9110, section 13.1). */
export type Conditions = {
  ifMatch?: Tags;
  ifNoneMatch?: Tags;
  /** Milliseconds since the epoch. */
  ifUnmodifiedSince?: number;
};

/** Checks in the order of RFC 9110, section 13.2.2. @throws Failure `precondition_failed` */
export function requireConditions(conditions: Conditions, current: StoredObject | undefined): void {
  const { ifMatch, ifNoneMatch, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined && !isOneOf(ifMatch, current)) throw preconditionFailed();
  if (ifMatch === undefined && ifUnmodifiedSince !== undefined && current !== undefined) {
    // HTTP dates have whole seconds.
    if (Math.floor(current.updatedAt / 1000) * 1000 > ifUnmodifiedSince) throw preconditionFailed();
  }
  if (ifNoneMatch !== undefined && isOneOf(ifNoneMatch, current)) throw preconditionFailed();
}

function isOneOf(tags: Tags, current: StoredObject | undefined): boolean {
  return current !== undefined && (tags === '*' || tags.includes(current.etag));
}
