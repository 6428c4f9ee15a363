import { expect } from 'bun:test';

/** Expects a status, and shows the body if it is another one. Resolves to the body. */
export async function expectStatus(response: Response, status: number): Promise<string> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status, text });
  return text;
}

/** Expects 200 with JSON, and resolves to the JSON. */
export async function answered<Body>(answer: Promise<Response>): Promise<Body> {
  return JSON.parse(await expectStatus(await answer, 200)) as Body;
}

/** Expects JSON with the headers of every response, errors included, and resolves to the JSON. */
export async function expectJson<Body>(response: Response, status: number): Promise<Body> {
  const text = await expectStatus(response, status);
  expect(response.headers.get('content-type')).toBe('application/json');
  expectCommonHeaders(response);
  return JSON.parse(text) as Body;
}

/** docs/contract/shared.md, "Rate limits", and docs/contract/shared.md, "Request ids". */
export function expectCommonHeaders({ headers }: Response): void {
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
  expect(Number(headers.get('x-ratelimit-limit'))).toBeGreaterThan(0);
  expect(headers.get('x-ratelimit-remaining')).toMatch(/^\d+$/);
  expect(Number(headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000 - 2);
}
