import { Failure } from '../../core/failure.ts';
import { requireCredential } from '../shared/credential.ts';
import { type Exchange, replyJson } from '../shared/exchange.ts';
import type { FileApi } from '../shared/file-api.ts';
import { listRequestIn } from '../shared/list-request.ts';
import { readSmallBody } from '../shared/request-body.ts';
import { codeOf } from './errors.ts';
import { fileOf } from './file.ts';
import { readDeleteBody } from './requests.ts';

/** A hundred keys, escaped at their longest (bytes). */
const longestKeysBody = 512 * 1024;
/** A list of a hundred keys within an object, and room to say that there are more. */
const keysBounds = { depth: 2, members: 1010 };

/** `GET /files`: docs/contract/uploadkit.md, "Files". */
export async function listFiles(exchange: Exchange, api: FileApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'uploadkit');
  const request = listRequestIn(new URL(exchange.request.url).searchParams);
  const { entries, cursor } = await api.objects.list(account, request);
  return replyJson(exchange, 200, {
    files: entries.map((object) => fileOf(api, object)),
    nextCursor: cursor,
  });
}

/** `DELETE /files/{key}`: docs/contract/uploadkit.md, "Files". */
export async function deleteFile(exchange: Exchange, { objects }: FileApi, key: string): Promise<Response> {
  const { account } = requireCredential(exchange, 'uploadkit');
  await objects.remove(await objects.findByKey(account, key));
  return replyJson(exchange, 200, { success: true });
}

/** `DELETE /files` with a list of keys: each is deleted or told of. */
export async function deleteFiles(exchange: Exchange, { objects }: FileApi): Promise<Response> {
  const { account } = requireCredential(exchange, 'uploadkit');
  const { keys } = readDeleteBody(await readSmallBody(exchange, longestKeysBody, keysBounds));
  const failures: { key: string; code: string; message: string }[] = [];
  let deleted = 0;
  let reclaimedBytes = 0;
  for (const key of keys) {
    try {
      const object = await objects.findByKey(account, key);
      await objects.remove(object);
      deleted += 1;
      reclaimedBytes += object.size;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { code, message = error.message } = codeOf(error.code);
      failures.push({ key, code, message });
    }
  }
  return replyJson(exchange, 200, { deleted, failed: failures.length, reclaimedBytes, failures });
}
