import { Type } from '@sinclair/typebox';
import { type DownloadGrant, fileNotFound } from '../../core/files/files.ts';
import type { StoredObject } from '../../core/ports/buckets/object-store.ts';
import { ifNoneMatchHeader } from '../shared/answers/conditional.ts';
import { publicUntilExpiry, replyUserContent } from '../shared/answers/user-content.ts';
import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { anyBytes, partialResponses } from '../shared/endpoints/endpoint-definition.ts';
import { searchOf } from '../shared/endpoints/query.ts';
import { optionalText } from '../shared/endpoints/schemas.ts';
import type { FileApi } from '../shared/file-api.ts';
import { expires, wholeNumber } from './signed-query.ts';

/** The shape of errors at the URL of a file (docs/contract/putput.md, "Errors"). */
const ContentError = Type.Object(
  { error: Type.Object({ code: Type.String(), message: Type.String(), hint: Type.String() }) },
  { $id: 'FileContentError', description: 'An error.' },
);
const endpoint = endpointsOf({ tag: 'files', error: ContentError });

const readFile = endpoint({
  method: 'GET',
  path: '/f/*',
  operationId: 'readFile',
  summary: 'Read the content of a file',
  description: 'The URL of a private file has a signature, which is valid for an hour.',
  params: Type.Object({
    '*': Type.String({ description: 'The public name of the file, with its slashes.' }),
  }),
  query: Type.Object({
    expires: Type.Optional(expires),
    signature: optionalText('Required for a private file.'),
  }),
  headers: Type.Object({
    ...ifNoneMatchHeader,
    Range: optionalText('One range of bytes.'),
  }),
  responses: {
    200: {
      description: 'The content. Its headers keep it from running in this origin.',
      types: anyBytes,
      headers: {
        etag: Type.String({ description: 'Changes with the content.' }),
        'last-modified': Type.String({ description: 'When the file was confirmed.' }),
        'content-encoding': optionalText('The content coding of the upload, if it had one.'),
      },
    },
    ...partialResponses,
  },
  errors: [404, 412, 416],
});

export const read = ({ files, clock }: FileApi) =>
  readFile.by(async (exchange) => {
    const object = await files.findPublic(keyIn(exchange.path), grantIn(exchange.request.url));
    const content = {
      ...object,
      cacheControl: cacheControlOf(object, clock()),
      validators: { etag: `"${object.etag}"`, lastModified: new Date(object.updatedAt) },
      ...(object.isPublic && { compression: {} }),
    };
    return readFile.pass(replyUserContent(exchange, content, (range) => files.open(object, range)));
  });

/** The router does not decode its wildcard. A path that cannot be decoded is not the URL of a file. */
function keyIn(path: string): string {
  try {
    return path.slice('/f/'.length).split('/').map(decodeURIComponent).join('/');
  } catch {
    throw fileNotFound();
  }
}

function grantIn(url: string): DownloadGrant | undefined {
  const query = searchOf(url);
  const signature = query.get('signature');
  return signature === null ? undefined : { signature, expiresAt: wholeNumber(query.get('expires')) };
}

function cacheControlOf({ isPublic, expiresAt }: StoredObject, now: number): string {
  const shared = publicUntilExpiry(expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - now);
  return isPublic ? shared : shared.replace('public', 'private');
}
