import { text } from 'node:stream/consumers';
import { openS3 } from '../../../composition/stores.ts';
import type { Config } from '../../../config/index.ts';
import { oneChunk } from '../../../core/content/chunks.ts';
import { newHashId } from '../../../core/ids.ts';
import { reasonOf } from '../../../observe/reason.ts';
import { type Finding, findingsOf } from '../../shared/finding.ts';
import type { PresignedProbe } from '../../shared/presigned-probe.ts';

/** Sends it from this machine, with its preflight. */
export type Upload = (probe: PresignedProbe) => Promise<Finding[]>;

const body = 'a probe of mayfly doctor';
const mediaType = 'text/plain';

/** How long the presigned URL of a probe can be used (s). */
const presignedFor = 60;

/** Writes, reads and removes an object, and another one by a presigned URL. */
export async function* checkObjects(
  { s3, publicUrl, port }: Config,
  upload: Upload,
): AsyncGenerator<Finding> {
  if (s3 === undefined) return;
  const { ok, problem } = findingsOf('objects');
  const blobs = await openS3(s3);
  const bytes = new TextEncoder().encode(body);
  const [key, presigned] = [newHashId(), newHashId()];
  const removal = async (removed: string) => {
    const refusal = await refusalOf(() => blobs.remove(removed));
    return refusal && `blobs/${removed} cannot be removed (${refusal}): allow DeleteObject, and remove it`;
  };
  const refusal = await refusalOf(async () => {
    await blobs.write(key, oneChunk(bytes), bytes.length);
    if ((await text(await blobs.open(key))) !== body) throw new Error('another content was read');
  });
  // A write that failed may have left something.
  const left = await removal(key);
  if (refusal !== undefined)
    yield problem(`one cannot be written and read (${refusal}): ${s3Advice(refusal)}`);
  else yield left === undefined ? ok('one was written, read and removed') : problem(left);
  if (refusal !== undefined || left !== undefined) return;
  let found: Finding[] = [];
  try {
    const url = await blobs.direct.presignPut(presigned, mediaType, bytes.length, presignedFor);
    const origin = new URL(publicUrl ?? `http://localhost:${port}`).origin;
    found = await upload({ url, mediaType, body, origin });
  } finally {
    const kept = await removal(presigned);
    if (kept !== undefined) found.push(problem(kept));
  }
  yield* found;
}

/** Advice by the error code of S3. The first match counts. */
const advice: [code: RegExp, text: string][] = [
  [/Skewed/, 'the clock of this machine differs from the one of the store: synchronise it'],
  [
    /^(AccessDenied|Forbidden)$/,
    'let the access key list S3_BUCKET, and use PutObject, GetObject and DeleteObject',
  ],
  [/^NoSuchBucket$/, 'create the bucket, or correct S3_BUCKET'],
  [/^InvalidAccessKeyId$/, 'correct S3_ACCESS_KEY_ID'],
  [/^SignatureDoesNotMatch$/, 'correct S3_SECRET_ACCESS_KEY'],
  [/./, 'check S3_ENDPOINT and the other S3_*'],
];

/** What to do about an error code of S3, or of the connection to it. */
export function s3Advice(code: string): string {
  return advice.find(([pattern]) => pattern.test(code))?.[1] ?? '';
}

/** The code of the error; undefined without one. */
async function refusalOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return reasonOf(error).code;
  }
}
