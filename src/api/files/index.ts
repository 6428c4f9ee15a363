import type { Elysia } from 'elysia';
import { Failure } from '../../core/failure.ts';
import type { DownloadGrant } from '../../core/objects/objects.ts';
import type { StoredObject } from '../../core/ports/object-store.ts';
import { type Exchange, reply } from '../shared/exchange.ts';
import { type FileApi, signedUploadsPath } from '../shared/file-api.ts';
import { countCall } from '../shared/rate-limits.ts';
import { bodyChunks, declaredLength } from '../shared/request-body.ts';
import { codingOf } from '../shared/request-coding.ts';
import { mountResource } from '../shared/resource.ts';
import { publicUntilExpiry, replyUserContent } from '../shared/user-content.ts';
import { putSignedOperation, readFileOperation } from './operations.ts';

/** The bytes of files, whatever API they came by: public and signed addresses, no credentials. */
export function mountFileContent(app: Elysia, api: FileApi): void {
  mountResource(app, '/f/*', {
    GET: { handler: (exchange) => readFile(exchange, api), operation: readFileOperation },
  });
  mountResource(app, `${signedUploadsPath}/:upload_id`, {
    PUT: {
      handler: (exchange, { upload_id = '' }) => putSigned(exchange, api, upload_id),
      operation: putSignedOperation,
    },
  });
}

async function readFile(exchange: Exchange, { objects, clock }: FileApi): Promise<Response> {
  const object = await objects.findPublic(keyIn(exchange.path), grantIn(exchange.request.url));
  const content = {
    ...object,
    cacheControl: cacheControlOf(object, clock()),
    validators: { etag: `"${object.etag}"`, lastModified: new Date(object.updatedAt) },
    ...(object.isPublic && { compression: {} }),
  };
  return replyUserContent(exchange, content, (range) => objects.open(object, range));
}

async function putSigned(exchange: Exchange, api: FileApi, uploadId: string): Promise<Response> {
  const { request } = exchange;
  const query = new URL(request.url).searchParams;
  const part = query.get('part');
  const grant = {
    uploadId,
    part: part === null ? null : wholeNumber(part),
    expiresAt: wholeNumber(query.get('expires')),
    signature: query.get('signature') ?? '',
  };
  const incoming = {
    mediaType: request.headers.get('content-type') ?? undefined,
    contentEncoding: codingOf(request) ?? null,
    declaredSize: declaredLength(request),
    chunks: bodyChunks(exchange),
  };
  const count = () => countCall(exchange, api.limits.address, exchange.client, api.clock);
  // What a signature lets in was counted when it was signed; not whatever is sent there over and over.
  const admit = async () => {
    const verdict = await api.limits.put?.consume(`${uploadId} ${grant.part ?? ''}`);
    if (verdict?.allowed === false) await count();
  };
  const etag = await api.reception.receive(grant, incoming, admit).catch(async (error: unknown) => {
    if (error instanceof Failure && error.code === 'forbidden') await count();
    throw error;
  });
  return reply(exchange, 200, { etag: `"${etag}"`, 'cache-control': 'no-store' }, null);
}

/** The wildcard of a route is not decoded, and what cannot be is no file's address. */
function keyIn(path: string): string {
  try {
    return path.slice('/f/'.length).split('/').map(decodeURIComponent).join('/');
  } catch {
    throw new Failure('not_found', 'The file does not exist, or was deleted');
  }
}

function grantIn(url: string): DownloadGrant | undefined {
  const query = new URL(url).searchParams;
  const signature = query.get('signature');
  return signature === null ? undefined : { signature, expiresAt: wholeNumber(query.get('expires')) };
}

/** What is not a number was not signed either: 0 is long past. */
function wholeNumber(text: string | null): number {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function cacheControlOf({ isPublic, expiresAt }: StoredObject, now: number): string {
  const shared = publicUntilExpiry(expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - now);
  return isPublic ? shared : shared.replace('public', 'private');
}
