import { beforeAll, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newHashId } from '../../../src/core/ids.ts';
import { S3BlobStore } from '../../../src/stores/blobs/s3.ts';
import { failureOf } from '../../core/failure-of.ts';
import { type Answer, curl, type Put, putWithCurl, putWithFetch } from '../../ports/blobs/put.ts';
import { directUploadsContract } from '../../ports/direct-uploads.contract.ts';
import { freePort } from '../../support/ports.ts';
import { sharedS3, startS3 } from '../../support/s3.ts';
import type { S3Bucket } from '../../support/s3-bucket.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { openDirectS3 } from './direct-s3.ts';

const mediaType = 'text/plain; charset=utf-8';
const greeting = new TextEncoder().encode('hello');

await suiteWith(['versitygw', 'curl'], 'uploads straight to S3', () => {
  directUploadsContract('the contract', openDirectS3);

  let bucket: S3Bucket;
  let store: S3BlobStore;
  let direct: S3BlobStore['direct'];
  beforeAll(async () => {
    bucket = await sharedS3();
    store = new S3BlobStore(bucket);
    ({ direct } = store);
  });

  test.each<[string, Put]>([
    ['fetch', putWithFetch],
    ['curl', putWithCurl],
  ])('by a PUT of %s to an altered URL are refused by the store', async (_, put) => {
    const [key, other] = [newHashId(), newHashId()];
    const url = await direct.presignPut(key, mediaType, greeting.length, 60);
    const signature = new URL(url).searchParams.get('X-Amz-Signature') ?? '';
    const swapped = signature.startsWith('0') ? '1' : '0';
    const altered = [
      url.replace(signature, swapped + signature.slice(1)),
      url.replace(key, other),
      url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
      url.replace('content-length%3Bcontent-type%3Bhost', 'host'),
      url.replace(/&X-Amz-Signature=[^&]*/, ''),
      url.replace(/\?.*/, ''),
    ];
    for (const one of altered) {
      expect(one).not.toBe(url);
      expect((await put(one, greeting, mediaType)).status).toBeOneOf([400, 403]);
    }
    expect(await direct.inspect(key)).toBeUndefined();
    expect(await direct.inspect(other)).toBeUndefined();
  });

  test('require a PUT to match only the type, length and host in their URL', async () => {
    const url = new URL(await direct.presignPut(newHashId(), mediaType, 5, 60));
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host');
    expect([...url.searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
    expect(url.searchParams.get('X-Amz-Content-Sha256')).toBe('UNSIGNED-PAYLOAD');
    expect(url.href).not.toContain(bucket.secretAccessKey);
  });

  test('name the public endpoint and are signed for it, and the server keeps its own endpoint', async () => {
    const key = newHashId();
    const url = await direct.presignPut(key, mediaType, greeting.length, 60);
    const nobodyListens = `http://127.0.0.1:${await freePort()}`;
    const { hostname, port } = new URL(bucket.endpoint);
    expect(hostname).toBe('127.0.0.1');
    const byName = new S3BlobStore({ ...bucket, publicEndpoint: `http://localhost:${port}` });
    const named = await byName.direct.presignPut(key, mediaType, greeting.length, 60);
    expect(new URL(named).host).toBe(`localhost:${port}`);
    // The host is part of the signature.
    expect((await putWithFetch(named.replace('localhost', '127.0.0.1'), greeting, mediaType)).status).toBe(
      403,
    );
    expect((await putWithCurlTo('127.0.0.1', named)).status).toBe(200);
    expect(await byName.direct.inspect(key)).toEqual({ size: 5, version: expect.any(String) });

    const unreachable = new S3BlobStore({ ...bucket, publicEndpoint: `${nobodyListens}/s3` });
    const elsewhere = await unreachable.direct.presignPart(key, 'an-upload', 1, 5, 60);
    expect(elsewhere).toStartWith(`${nobodyListens}/s3/${bucket.bucket}/blobs/${key}?`);
    expect((await unreachable.direct.inspect(key))?.size).toBe(5);
    expect(new URL(url).origin).toBe(bucket.endpoint);
  });

  /** PUTs the greeting; the host of the URL resolves to `address`. */
  async function putWithCurlTo(address: string, url: string): Promise<Answer> {
    const { hostname, port } = new URL(url);
    const file = join(temporaryDirectory('put'), 'body');
    writeFileSync(file, greeting);
    const found = ['--resolve', `${hostname}:${port}:${address}`];
    return curl(...found, '-T', file, '-H', `Content-Type: ${mediaType}`, url);
  }

  test('fail with store_away while the store is unavailable, and are still signed', async () => {
    const s3 = await startS3();
    const away = new S3BlobStore(s3).direct;
    await s3.stop();
    const calls = [
      () => away.inspect('a'),
      () => away.copy('a', '"1"', 'b'),
      () => away.startParts('a', mediaType),
      () => away.completeParts('a', 'an-upload', [{ number: 1, etag: '"1"' }]),
      () => away.setCrossOriginRule(),
    ];
    for (const call of calls) expect((await failureOf(call)).code).toBe('store_away');
    expect(await away.presignPut('a', mediaType, 5, 60)).toStartWith(s3.endpoint);
  });

  test('pass a browser’s preflight once the rule is set, and expose the ETag', async () => {
    const s3 = await startS3();
    const { direct } = new S3BlobStore(s3);
    const url = await direct.presignPut(newHashId(), mediaType, greeting.length, 60);
    const origin = 'https://app.example.com';
    const preflight = async (method: string) => {
      const headers = {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type',
      };
      const response = await fetch(url, { method: 'OPTIONS', headers });
      await response.arrayBuffer();
      return response;
    };
    expect((await preflight('PUT')).status).toBe(403);
    expect(await direct.setCrossOriginRule()).toBe(true);
    expect(await direct.setCrossOriginRule()).toBe(true);
    const { ok, headers } = await preflight('PUT');
    expect(ok).toBe(true);
    expect(headers.get('access-control-allow-origin')).toBeOneOf(['*', origin]);
    expect(headers.get('access-control-allow-methods')?.split(/,\s*/)).toContain('PUT');
    expect(headers.get('access-control-allow-headers')).toMatch(/content-type|\*/i);
    expect((await preflight('DELETE')).ok).toBe(false);

    const put = await fetch(url, {
      method: 'PUT',
      body: greeting,
      headers: { origin, 'content-type': mediaType },
    });
    expect(put.status).toBe(200);
    expect(put.headers.get('access-control-allow-origin')).toBeOneOf(['*', origin]);
    expect(put.headers.get('access-control-expose-headers')).toMatch(/\betag\b/i);
    await s3.stop();
  });
});
