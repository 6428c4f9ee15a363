import { newHashId } from '../../src/core/ids.ts';
import { newPayloadId } from '../../src/core/payloads/payload-id.ts';
import type { PlacedPayload } from '../../src/core/ports/payload-store.ts';

const times = { createdAt: Date.UTC(2025, 2, 1), expiresAt: Date.UTC(2025, 2, 28) };

/**
 * The payload of docs/contract/payloads.md, "Example", unless overridden. With another expiry, it has an id of an
 * earlier version: a store may keep payloads with current ids in tables by their expiry, and remove them together.
 */
export function somePayload(given: Partial<PlacedPayload> = {}): PlacedPayload {
  return {
    id: given.expiresAt === undefined ? newPayloadId(times) : `f${newHashId().slice(1)}`,
    mediaType: 'text/plain',
    content: { kind: 'inline', data: 'Hello, World!' },
    size: 13,
    isText: true,
    ...times,
    readsLeft: null,
    deleteTokenHash: null,
    name: null,
    accountId: null,
    ...given,
  };
}

/** A payload whose bytes are in the blob store. */
export function someBlobPayload(key: string, given: Partial<PlacedPayload> = {}): PlacedPayload {
  return somePayload({ content: { kind: 'blob', key }, size: 100_000, ...given });
}
