// Run on Deno by direct-uploads-deno.test.ts, with the S3 server of S3_*. Prints the result of each step as JSON.
import process from 'node:process';
import { newHashId } from '../../../src/core/ids.ts';
import { S3BlobStore } from '../../../src/stores/blobs/s3.ts';

const setting = (name: string) => process.env[name] ?? '';
const store = new S3BlobStore({
  endpoint: setting('S3_ENDPOINT'),
  region: setting('S3_REGION'),
  bucket: setting('S3_BUCKET'),
  accessKeyId: setting('S3_ACCESS_KEY_ID'),
  secretAccessKey: setting('S3_SECRET_ACCESS_KEY'),
});
const { direct } = store;

async function put(url: string, body: string, type?: string) {
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
  const response = await fetch(url, { method: 'PUT', body: new TextEncoder().encode(body), headers });
  await response.arrayBuffer();
  return { status: response.status, etag: response.headers.get('etag') ?? '' };
}

const [staged, copied, inParts] = [newHashId(), newHashId(), newHashId()];
const url = await direct.presignPut(staged, 'image/png', 5, 60);
const wrongType = await put(url, 'hello', 'text/html');
const wrongLength = await put(url, 'hello!', 'image/png');
const right = await put(url, 'hello', 'image/png');
const blob = await direct.inspect(staged);
const version = blob?.version ?? '';
const isCopied = await direct.copy(staged, version, copied);
await put(url, 'HELLO', 'image/png');
const isStaleCopied = await direct.copy(staged, version, copied);

const uploadId = await direct.startParts(inParts, 'image/png');
const part = await put(await direct.presignPart(inParts, uploadId, 1, 5, 60), 'hello');
await direct.completeParts(inParts, uploadId, [{ number: 1, etag: part.etag }]);

async function* mebibytes(count: number, failure?: Error) {
  for (let n = 0; n < count; n += 1) yield new Uint8Array(1024 * 1024);
  if (failure) throw failure;
}
const size = 8 * 1024 * 1024;
const throughServer = newHashId();
const writtenId = await direct.startParts(throughServer, 'image/png');
const codeOf = (error: Error & { code?: string }) => error.code ?? error.message;
const brokenOff = await direct
  .writePart(throughServer, writtenId, 1, mebibytes(7, new Error('broken off')), size)
  .catch(codeOf);
const unknown = await direct.writePart(throughServer, 'unknown', 1, mebibytes(8), size).catch(codeOf);
const etag = await direct.writePart(throughServer, writtenId, 1, mebibytes(8), size);
await direct.completeParts(throughServer, writtenId, [{ number: 1, etag }]);
const again = newHashId();
await store.copy(throughServer, again);

let listed = 0;
for await (const { key, size } of store.list())
  if ([staged, copied, inParts].includes(key) && size === 5) listed += 1;

const outcome = {
  right: right.status,
  wrongType: wrongType.status,
  wrongLength: wrongLength.status,
  size: blob?.size,
  copied: isCopied,
  copiedStale: isStaleCopied,
  part: part.status,
  completed: (await direct.inspect(inParts))?.size,
  brokenOff,
  unknown,
  written: (await direct.inspect(again))?.size,
  listed,
};
process.stdout.write(JSON.stringify(outcome));
process.exit(0);
