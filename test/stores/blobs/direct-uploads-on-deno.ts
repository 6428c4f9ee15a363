// Run on Deno by direct-uploads.test.ts, against the S3 server of S3_*: it tells what came of each step in JSON.
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
  listed,
};
process.stdout.write(JSON.stringify(outcome));
process.exit(0);
