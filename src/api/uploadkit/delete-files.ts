import { Type } from '@sinclair/typebox';
import { Failure } from '../../core/failure.ts';
import type { JsonBounds } from '../shared/bodies/json-scan.ts';
import { readSmallBody } from '../shared/bodies/request-body.ts';
import type { FileApi } from '../shared/file-api.ts';
import { endpoint } from './endpoints.ts';
import { codeOf } from './errors.ts';
import { deleteBody, readDeleteBody } from './requests.ts';
import { DeletedFiles, Success } from './schemas.ts';

/** Room for a hundred keys of maximum length, escaped (bytes). */
const maxKeysBody = 512 * 1024;
/** A hundred keys in an object fit, with room for unknown fields and for the error about too many keys. */
const keysBounds: JsonBounds = { depth: 2, members: 1010 };

const deleteFile = endpoint({
  method: 'DELETE',
  path: '/files/:id',
  operationId: 'deleteUpload',
  summary: 'Delete a file',
  description: 'Its content cannot be read from then on.',
  params: Type.Object({ id: Type.String({ description: 'The key of the file, URL-encoded.' }) }),
  responses: { 200: { description: 'Deleted.', body: Success } },
  errors: [404],
});

const deleteFiles = endpoint({
  method: 'DELETE',
  path: '/files',
  operationId: 'deleteUploads',
  summary: 'Delete up to 100 files',
  description: 'Reports the keys that could not be deleted.',
  body: { schema: deleteBody },
  responses: { 200: { description: 'How many were deleted, and why others were not.', body: DeletedFiles } },
});

export const remove = ({ files }: FileApi) =>
  deleteFile.byAccount(async (exchange, account, { id: key }) => {
    await files.remove(await files.findByKey(account, key));
    return deleteFile.answer(exchange, 200, { success: true }, {});
  });

export const removeMany = ({ files }: FileApi) =>
  deleteFiles.byAccount(async (exchange, account) => {
    const { keys } = readDeleteBody(await readSmallBody(exchange, maxKeysBody, keysBounds));
    const failures: { key: string; code: string; message: string }[] = [];
    let deleted = 0;
    let reclaimedBytes = 0;
    for (const key of keys) {
      try {
        const object = await files.findByKey(account, key);
        await files.remove(object);
        deleted += 1;
        reclaimedBytes += object.size;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        const { code, message = error.message } = codeOf(error.code);
        failures.push({ key, code, message });
      }
    }
    const body = { deleted, failed: failures.length, reclaimedBytes, failures };
    return deleteFiles.answer(exchange, 200, body, {});
  });
