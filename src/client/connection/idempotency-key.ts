/** A unique key for a request, so that the server executes it only once. */
export function newIdempotencyKey(): string {
  // randomUUID is missing in pages outside a secure context.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
