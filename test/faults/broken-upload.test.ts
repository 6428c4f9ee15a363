import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';
import { findPart } from '../support/parts.ts';
import { type RawRequestOptions, startRequest } from '../support/piecewise-request.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf, textOf } from './content.ts';
import { readMetric } from './metrics.ts';
import { put, readRaw } from './requests.ts';
import { readStored } from './stored.ts';
import { sweepUntilNothingWaits } from './sweep-command.ts';

setDefaultTimeout(60_000);

type BrokenUpload = { name: string; request: RawRequestOptions; sent: Uint8Array };

const small = 10 * 1024;
const large = 300 * 1024;
const severalParts = 10 * 1024 * 1024;
const boundary = 'a-boundary';
const formHead = Buffer.from(
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: application/x-test\r\n\r\n`,
);

/** Uploads in every form. Each announces more than it sends. */
function brokenUploads(size: number, label: string): BrokenUpload[] {
  const bytes = bytesOf('broken', size);
  const form = Buffer.concat([formHead, bytes]);
  const formHeaders = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
  const json = Buffer.from(`{"mime_type":"text/plain","content":"${textOf('broken', size)}`);
  return [
    { name: `a file with a length, ${label}`, request: { contentLength: size + 1 }, sent: bytes },
    { name: `a file in chunks, ${label}`, request: {}, sent: bytes },
    {
      name: `a form with a length, ${label}`,
      request: { method: 'POST', path: '/', headers: formHeaders, contentLength: form.length + 100 },
      sent: form,
    },
    {
      name: `a form in chunks, ${label}`,
      request: { method: 'POST', path: '/', headers: formHeaders },
      sent: form,
    },
    {
      name: `JSON with a length, ${label}`,
      request: { method: 'POST', path: '/api/v1/payloads', contentLength: json.length + 2 },
      sent: json,
    },
    { name: `JSON in chunks, ${label}`, request: { method: 'POST', path: '/api/v1/payloads' }, sent: json },
  ];
}

/** Sends part of an upload, closes the connection, and waits until the server has ended the request. */
async function breakOff({ url, port }: MayflyProcess, { request, sent }: BrokenUpload): Promise<void> {
  const before = await answered(url);
  const upload = await startRequest(port, request);
  await upload.send(sent);
  upload.breakOff();
  await waitFor('the end of the request', async () => (await answered(url)) > before);
}

/** The number of responses, except those of the metrics themselves, whether or not a client received them. */
async function answered(url: string): Promise<number> {
  const [put, post] = [{ method: 'PUT' }, { method: 'POST' }];
  return (
    (await readMetric(url, 'mayfly_http_request_seconds_count', put)) +
    (await readMetric(url, 'mayfly_http_request_seconds_count', post))
  );
}

function expectNothing(dataDir: string): void {
  const { ids, files, journalKeys } = readStored(dataDir);
  expect({ ids, files, journalKeys }).toEqual({ ids: [], files: [], journalKeys: [] });
}

async function uploadsThatBreakOff(runtime: Runtime): Promise<void> {
  const mayfly = await startMayfly({ runtime, clockless: true, env: { UPLOAD_LEASE: '1s' } });
  for (const upload of [...brokenUploads(small, 'small'), ...brokenUploads(large, 'large')]) {
    await breakOff(mayfly, upload);
    expect({ name: upload.name, ids: readStored(mayfly.dataDir).ids }).toEqual({
      name: upload.name,
      ids: [],
    });
  }
  expect(await readMetric(mayfly.url, 'mayfly_http_request_seconds_count', { status: '500' })).toBe(0);
  await sweepUntilNothingWaits(mayfly.dataDir);
  expectNothing(mayfly.dataDir);
  // The server continues as before.
  const bytes = bytesOf('whole', large);
  expect((await readRaw(mayfly.url, await put(mayfly.url, bytes))).equals(bytes)).toBe(true);
  await mayfly.stop();
}

describe('an upload that is cut off', () => {
  test('stores nothing, in any form and size', () => uploadsThatBreakOff('bun'));

  test('among many complete ones affects none of them', async () => {
    const mayfly = await startMayfly({ clockless: true, env: { UPLOAD_LEASE: '1s' } });
    const whole = Array.from({ length: 20 }, (_, index) => bytesOf(`${index}`, index % 2 ? small : large));
    const [ids] = await Promise.all([
      Promise.all(whole.map((bytes) => put(mayfly.url, bytes))),
      ...brokenUploads(large, 'large').map(async ({ request, sent }) => {
        const upload = await startRequest(mayfly.port, request);
        await upload.send(sent);
        upload.breakOff();
      }),
    ]);
    await sweepUntilNothingWaits(mayfly.dataDir);
    for (const [index, id] of ids.entries())
      expect((await readRaw(mayfly.url, id)).equals(whole[index] ?? Buffer.of())).toBe(true);
    const stored = readStored(mayfly.dataDir);
    expect(stored.ids.sort()).toEqual([...ids].sort());
    expect(stored.files).toEqual(stored.blobKeys);
    await mayfly.stop();
  });
});

await suiteWith(['deno'], 'an upload that is cut off, on Deno', () => {
  test('stores nothing, in any form and size', () => uploadsThatBreakOff('deno'));
});

await suiteWith(['node'], 'an upload that is cut off, on Node', () => {
  test('stores nothing, in any form and size', () => uploadsThatBreakOff('node'));
});

await suiteWith(['versitygw'], 'an upload that is cut off, with S3', () => {
  for (const runtime of ['bun', 'deno'] as const)
    test(`stores nothing, neither objects nor parts (${runtime})`, async () => {
      if (runtime === 'deno' && (await findPart('deno')) === undefined) return;
      const s3 = await startS3();
      const mayfly = await startMayfly({ runtime, clockless: true, env: { ...s3.env, UPLOAD_LEASE: '1s' } });
      const uploads = [
        ...brokenUploads(large, 'large'),
        ...brokenUploads(severalParts, 'in parts').slice(0, 4),
      ];
      // A lenient store keeps the bytes of an aborted request. No row refers to them, and the sweep removes them.
      for (const upload of uploads) {
        await breakOff(mayfly, upload);
        const { ids } = readStored(mayfly.dataDir);
        expect({ name: upload.name, ids }).toEqual({ name: upload.name, ids: [] });
      }
      await sweepUntilNothingWaits(mayfly.dataDir, s3.env);
      expectNothing(mayfly.dataDir);
      expect(await s3.listKeys()).toEqual([]);
      expect(await s3.listMultipartUploads()).toEqual([]);
      await mayfly.stop();
      await s3.stop();
    });
});
