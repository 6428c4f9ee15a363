/** Tells a request from all others, so that the server does it once however often it arrives. */
export function newIdempotencyKey(): string {
  // Not by randomUUID, which pages outside of a secure context do not have.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
