import { type Finding, findingsOf } from '../../shared/finding.ts';
import { formatBytes } from '../progress.ts';
import { type RawRequest, type RawResponse, rawRequest, Silence, type Target } from './raw-request.ts';

const mebibyte = 1024 ** 2;
/** The largest body that is tried: the default of `MAX_OBJECT_SIZE`. */
export const largestBody = 5 * 1024 ** 3;
/** The limit is found to this (bytes). */
const precision = 1024;

/** A path that takes no body: the server answers without reading one, and stores nothing. */
const post = { method: 'POST', path: '/healthz' };

/** How long a server may take that waits two seconds for a body before it answers (ms). */
const patience = 8000;

/**
 * Finds the largest body that a proxy lets through, by headers that announce one. No body is sent: a proxy refuses at
 * once what is too large, and otherwise asks for the body, or passes the headers on.
 *
 * @param needed The largest body that clients of the server send in one request (bytes).
 */
export async function checkBodySize(target: Target, needed: number, software: string): Promise<Finding> {
  const { ok, problem, skipped } = findingsOf('body size');
  const passes = (length: number) => isPassed(target, length);
  try {
    if (await passes(largestBody)) return ok(`bodies of ${formatBytes(largestBody)} reach the server`);
    const isEnough = await passes(needed);
    let [passed, refused] = isEnough ? [needed, largestBody] : [0, needed];
    while (refused - passed > precision) {
      const middle = Math.floor((passed + refused) / 2);
      if (await passes(middle)) passed = middle;
      else refused = middle;
    }
    if (passed === 0) return skipped('the proxy refuses POST /healthz, with which the limit is found');
    const limit = formatBytes(Math.round(passed / precision) * precision);
    if (isEnough)
      return ok(`bodies of up to ${limit} reach the server; larger objects need uploads in parts`);
    return problem(
      `the proxy refuses bodies over ${limit}, and the server accepts ${formatBytes(needed)}: ${sizeAdvice(software, needed)}`,
    );
  } catch (error) {
    if (error instanceof TooManyCalls) return skipped('a rate limit is used up: try again in a minute');
    throw error;
  }
}

/** The server and its proxy may count calls. */
class TooManyCalls extends Error {}

async function isPassed(target: Target, length: number): Promise<boolean> {
  const headers = { 'content-length': length, expect: '100-continue' };
  try {
    const request: RawRequest = { ...post, headers, acceptsContinue: true, timeout: patience };
    const response = await rawRequest(target, request);
    const { status } = response;
    if (status === 429 || status === 503) throw new TooManyCalls();
    return status === 100 || isOwn(response);
  } catch (error) {
    // A proxy that waits for the body has not refused it.
    if (error instanceof Silence) return true;
    throw error;
  }
}

/** Whether Mayfly itself sent a response, and not its proxy. */
function isOwn({ headers }: RawResponse): boolean {
  return headers.has('x-request-id');
}

function sizeAdvice(software: string, needed: number): string {
  const size = Math.ceil(needed / mebibyte);
  if (/nginx|openresty/i.test(software)) return `set client_max_body_size ${size}m; in nginx`;
  if (/apache/i.test(software)) return `set LimitRequestBody ${needed} in Apache`;
  return `raise the limit of the proxy to ${size} MiB`;
}

/** Whether the server gets the beginning of a body before the proxy has all of it. */
export async function checkUploadStreaming(target: Target, software: string): Promise<Finding> {
  const { ok, warning, skipped } = findingsOf('uploads');
  // Small enough for every limit, and more than is sent.
  const headers = { 'content-length': 64 * 1024 };
  try {
    const request: RawRequest = { ...post, headers, body: 'x'.repeat(1024), timeout: patience };
    return isOwn(await rawRequest(target, request))
      ? ok('bodies reach the server as they arrive')
      : skipped('the proxy answers POST /healthz itself');
  } catch (error) {
    if (!(error instanceof Silence)) throw error;
    const advice = /nginx|openresty/i.test(software)
      ? 'set proxy_request_buffering off; in nginx'
      : 'turn off request buffering in the proxy';
    return warning(`the proxy waits for whole bodies, and stores large ones on its disk: ${advice}`);
  }
}
