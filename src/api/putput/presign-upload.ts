import { formatTime } from '../../core/expiry.ts';
import { readSmallBody } from '../shared/bodies/request-body.ts';
import { type FileApi, uploadAddress } from '../shared/file-api.ts';
import { uploadIdOf } from '../shared/file-ids.ts';
import { countCall } from '../shared/rate-limits.ts';
import { endpoint } from './endpoints.ts';
import { attributesOf, presignBody, readPresignBody } from './requests.ts';
import { PresignedUpload } from './schemas.ts';

const presignUpload = endpoint({
  method: 'POST',
  path: '/upload/presign',
  operationId: 'presignUpload',
  summary: 'Reserve an upload and presign its URL',
  description: 'Reserves the size. The URL accepts exactly this type and length.',
  body: { schema: presignBody },
  responses: { 200: { description: 'The upload.', body: PresignedUpload } },
  errors: [413, 507],
});

export const presign = (api: FileApi) =>
  presignUpload.byAccount(async (exchange, account, _, key) => {
    await countCall(exchange, api.limits.presign, key.id, api.clock);
    const fields = readPresignBody(await readSmallBody(exchange));
    const { upload, target } = await api.uploads.reserve(account, {
      ...attributesOf(fields),
      name: fields.filename,
      mediaType: fields.content_type,
      size: fields.size_bytes,
    });
    const body = {
      upload_id: uploadIdOf(upload.id),
      presigned_url: uploadAddress(api, target),
      public_name: upload.key,
      expires_at: formatTime(upload.expiresAt),
    };
    return presignUpload.answer(exchange, 200, body, {});
  });
