import { crossOriginHeaders } from '../api/shared/answers/cross-origin.ts';
import { type Exchange, openExchange, type RuntimeHooks } from '../api/shared/exchange.ts';
import type { Services } from '../composition/index.ts';
import { newHashId } from '../core/ids.ts';
import { type Owner, ownerOf } from './api-owners.ts';

/** The address of the server, and its pages. */
type Site = Pick<Exchange, 'publicUrl' | 'basePath' | 'pages'>;

/** The route of paths that no route matches. */
export const unknownRoute = 'unknown';

/**
 * Opens the context of a request. HEAD is routed as GET, with a mark for the handlers: a router that runs a GET
 * handler for HEAD would consume a counted read and drain the body.
 *
 * @param peer The address of the socket.
 * @param sentPath The path that the client sent, if the URL of the request has a different one.
 * @throws Error if the target cannot be parsed or has no path, or if there are several Hosts.
 */
export function openRequest(
  request: Request,
  peer: string,
  hooks: RuntimeHooks,
  { clientAddresses, bodies, idempotency }: Services,
  { publicUrl, basePath, pages }: Site,
  sentPath?: string,
): { exchange: Exchange; owner: Owner } {
  const { headers, method } = request;
  const headOnly = method === 'HEAD';
  // Two Host lines arrive as one; neither can be trusted (RFC 9112, section 3.2).
  if (headers.get('host')?.includes(',')) throw new Error('the request has more than one Host');
  // Without a valid Host, the runtime's URL is only a path. The host does not matter here.
  const hasHost = !request.url.startsWith('/');
  const sentUrl = hasHost ? request.url : `http://localhost${request.url}`;
  const pathStart = sentUrl.indexOf('/', sentUrl.indexOf('://') + 3);
  // An authority alone, as CONNECT sends it, has no path.
  if (pathStart === -1) throw new Error('the request target has no path');
  const queryStart = sentUrl.indexOf('?', pathStart);
  const whole =
    sentPath ?? (queryStart === -1 ? sentUrl.slice(pathStart) : sentUrl.slice(pathStart, queryStart));
  // A proxy may keep or remove the base path of the request: both reach the same routes.
  const hasBase = basePath !== '' && `${whole}/`.startsWith(`${basePath}/`);
  const path = hasBase ? whole.slice(basePath.length) || '/' : whole;
  const url = hasBase
    ? `${sentUrl.slice(0, pathStart)}${path}${queryStart === -1 ? '' : sentUrl.slice(queryStart)}`
    : sentUrl;
  const requestId = requestIdFor(headers.get('x-request-id'));
  const owner = ownerOf(path, request);
  const exchange = openExchange({
    request: headOnly
      ? new Request(url, { method: 'GET', headers })
      : hasHost && !hasBase
        ? request
        : new Request(url, request),
    received: request,
    hooks,
    bodies,
    idempotency,
    path,
    requestId,
    publicUrl,
    basePath,
    peer,
    client: clientAddresses.keyFor(peer, headers),
    headOnly,
    errors: owner.errors,
    pages,
    route: unknownRoute,
    headers: { 'X-Request-Id': requestId, ...crossOriginHeaders(path, request) },
  });
  return { exchange, owner };
}

const idPrefix = newHashId().slice(0, 16);
let idCount = 0;

/** The client's own id if it is valid, otherwise a new one: random for the process, then counted. */
function requestIdFor(asked: string | null): string {
  if (asked !== null && /^[A-Za-z0-9._-]{1,128}$/.test(asked)) return asked;
  idCount += 1;
  return `${idPrefix}-${idCount}`;
}
