import { newHashId } from '../../src/core/ids.ts';
import type { PlacedPayload } from '../../src/core/ports/payload-store.ts';

/** The payload of docs/contract/payloads.md, "Example", unless overridden. */
export function somePayload(given: Partial<PlacedPayload> = {}): PlacedPayload {
  return {
    id: newHashId(),
    mediaType: 'text/plain',
    content: { kind: 'inline', data: 'Hello, World!' },
    size: 13,
    isText: true,
    createdAt: Date.UTC(2025, 2, 1),
    expiresAt: Date.UTC(2025, 2, 28),
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
