import type { Static } from '@sinclair/typebox';
import { Failure } from '../../core/failure.ts';
import type { ConfirmOptions } from '../../core/files/confirmations.ts';
import { requireMetadata } from '../../core/files/metadata.ts';
import type { StoredAccount } from '../../core/ports/accounts/account-store.ts';
import type { StoredObject } from '../../core/ports/buckets/object-store.ts';
import type { StoredUpload } from '../../core/ports/files/upload-store.ts';
import { webhookEvent } from '../../core/webhooks/events.ts';
import { readPartsBody, readSmallBody } from '../shared/bodies/request-body.ts';
import type { FileApi } from '../shared/file-api.ts';
import { idInFileId } from '../shared/file-ids.ts';
import { endpoint } from './endpoints.ts';
import { fileOf, idOfPartsUpload } from './file.ts';
import { completeBody, completePartsBody, readCompleteBody, readCompletePartsBody } from './requests.ts';
import { CompletedFile } from './schemas.ts';

const completion = {
  responses: {
    200: { description: 'The file. Completing again returns the same file.', body: CompletedFile },
  },
  errors: [404, 507],
} as const;

const completeUpload = endpoint({
  ...completion,
  method: 'POST',
  path: '/api/v1/upload/complete',
  operationId: 'completeUpload',
  summary: 'Turn the upload into a file, and call the webhook of its route',
  description: 'The PUT comes first. Completing again returns the same file.',
  body: { schema: completeBody },
});

const completeMultipartUpload = endpoint({
  ...completion,
  method: 'POST',
  path: '/api/v1/upload/multipart/complete',
  operationId: 'completeMultipartUpload',
  summary: 'Turn the parts into a file',
  description: 'Needs all parts, in the order of their numbers.',
  body: { schema: completePartsBody },
});

export const complete = (api: FileApi) =>
  completeUpload.byAccount(async (exchange, account) => {
    const { fileId, metadata } = readCompleteBody(await readSmallBody(exchange));
    const id = idInFileId(fileId);
    const body = await completed(api, account, id, async () =>
      api.confirmations.confirm(account, id, await optionsFor(api, account, id, metadata)),
    );
    return completeUpload.answer(exchange, 200, body, {});
  });

export const completeMultipart = (api: FileApi) =>
  completeMultipartUpload.byAccount(async (exchange, account) => {
    const { fileId, uploadId, parts, metadata } = readCompletePartsBody(await readPartsBody(exchange));
    const id = idOfPartsUpload(fileId, uploadId);
    const named = parts.map(({ partNumber, etag }) => ({ number: partNumber, etag }));
    const body = await completed(api, account, id, async () =>
      api.confirmations.complete(account, id, named, await optionsFor(api, account, id, metadata)),
    );
    return completeMultipartUpload.answer(exchange, 200, body, {});
  });

/** The file, confirmed now or earlier. */
async function completed(
  api: FileApi,
  account: StoredAccount,
  id: string,
  confirm: () => Promise<StoredObject>,
): Promise<Static<typeof CompletedFile>> {
  const object = await confirm().catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'upload_not_found') return api.files.find(account, id);
    throw error;
  });
  const file = fileOf(api, object);
  return { ...file, file };
}

/** Merges the metadata of the request and that of the completion, for the file and for the route's webhook. */
async function optionsFor(
  api: FileApi,
  account: StoredAccount,
  id: string,
  more: Record<string, unknown> | undefined,
): Promise<ConfirmOptions> {
  // Invalid metadata gets its own error, even if there is no upload.
  requireMetadata(more ?? null);
  const upload = await api.uploads.find(account, id);
  const webhook = await webhookOf(api, account, upload);
  const metadata = upload.metadata || more ? { ...upload.metadata, ...more } : null;
  return {
    metadata,
    event: (object) =>
      webhook &&
      webhookEvent(
        webhook.id,
        'upload.completed',
        { file: fileOf(api, object), metadata: metadata ?? {}, routeSlug: upload.route },
        object.createdAt,
      ),
  };
}

/** Undefined if the route was deleted after the request. */
async function webhookOf({ fileRoutes }: FileApi, account: StoredAccount, { route }: StoredUpload) {
  if (route === null) return undefined;
  try {
    return (await fileRoutes.find(account, route)).webhook ?? undefined;
  } catch (error) {
    if (error instanceof Failure && error.code === 'route_not_found') return undefined;
    throw error;
  }
}
