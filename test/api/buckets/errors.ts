import { expect } from 'bun:test';
import { expectCommonHeaders, expectJson } from '../expected-answers.ts';

/** docs/contract/buckets.md, "Errors": each code with its status. */
export const statuses = {
  unauthorized: 401,
  forbidden: 403,
  bucket_not_found: 404,
  object_not_found: 404,
  bucket_already_exists: 409,
  invalid_request: 400,
  invalid_key: 400,
  payload_too_large: 413,
  quota_exceeded: 403,
  rate_limited: 429,
  precondition_failed: 412,
  unsupported_content_encoding: 415,
  range_not_satisfiable: 416,
  bucket_not_empty: 409,
  idempotency_conflict: 409,
  idempotency_in_progress: 409,
  part_too_small: 400,
  upload_not_found: 404,
  webhook_not_found: 404,
  delivery_not_found: 404,
  key_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  method_not_implemented: 501,
  storage_unavailable: 503,
  insufficient_storage: 507,
  internal_error: 500,
} as const;
export type Code = keyof typeof statuses;
type BucketError = { code: string; message: string; requestId: string | null; docsUrl: string };

/**
 * Expects an error in the shape of docs/contract/buckets.md, "Errors", with the headers of all errors. Returns its
 * message.
 */
export async function expectError(response: Response, code: Code): Promise<string> {
  const body = await expectJson<{ error: BucketError }>(response, statuses[code]);
  const docsUrl = `${new URL(response.url).origin}/docs/errors/${code}`;
  expect(body).toEqual({
    error: {
      code,
      message: expect.stringMatching(/\S{2,}/),
      requestId: response.headers.get('x-request-id'),
      docsUrl,
    },
  });
  await expectPage(docsUrl, code);
  return body.error.message;
}

/** Expects the refusal of a HEAD: like any error, without the body. */
export async function expectHeadError(response: Response, code: Code): Promise<void> {
  expect({ status: response.status, text: await response.text() }).toEqual({
    status: statuses[code],
    text: '',
  });
  expectCommonHeaders(response);
}

const resolved = new Map<string, Promise<void>>();

/** Every code that the tests see has a page, which is requested once. */
function expectPage(docsUrl: string, code: Code): Promise<void> {
  const known = resolved.get(docsUrl) ?? readPage(docsUrl, code);
  resolved.set(docsUrl, known);
  return known;
}

async function readPage(docsUrl: string, code: Code): Promise<void> {
  const page = await fetch(docsUrl);
  expect([docsUrl, page.status]).toEqual([docsUrl, 200]);
  expect(page.headers.get('content-type')).toStartWith('text/html');
  expect(await page.text()).toContain(code);
}
