import { setTimeout as sleep } from 'node:timers/promises';

/** Creates a payload as JSON with an `Idempotency-Key`. */
export function createWithKey(url: string, key: string, content: string): Promise<Response> {
  return fetch(`${url}/api/v1/payloads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ mime_type: 'text/plain', content }),
  });
}

/**
 * Creates a payload as a careful client does: it repeats the request with its key while the outcome is not known.
 *
 * @param persistence How long it repeats the request (ms).
 * @returns The id @throws Error that begins with the status, for one that is final
 */
export async function createOnce(
  url: string,
  key: string,
  content: string,
  persistence = 5000,
): Promise<string> {
  const deadline = performance.now() + persistence;
  for (;;) {
    const response = await createWithKey(url, key, content).catch(() => undefined);
    const body = await response?.text().catch(() => undefined);
    if (response?.status === 201 && body !== undefined)
      return (JSON.parse(body) as { hash_id: string }).hash_id;
    const isFinal = response && ![409, 502, 503, 504].includes(response.status);
    if (isFinal || performance.now() > deadline) throw new Error(`${response?.status ?? 503} ${body}`);
    await sleep(100);
  }
}
