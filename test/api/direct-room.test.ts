import { expect, test } from 'bun:test';
import { startedOnce } from '../support/started-once.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { startFileServer, sweep } from './file-server.ts';
import { expectError } from './payloads/server.ts';
import {
  abort,
  begin,
  complete,
  payloadKey,
  postBegin,
  putAll,
  someBytes,
} from './payloads/upload-client.ts';
import * as putput from './putput/client.ts';
import * as uploadkit from './uploadkit/client.ts';

const mebibyte = 1024 ** 2;
const tooMuch = 8 * mebibyte;

/** Only S3 knows the bytes that have not been confirmed. */
function directRoom(stores: { withS3?: boolean; withPostgres?: boolean }): void {
  const server = startedOnce(() =>
    startFileServer({
      ...stores,
      clockless: true,
      env: { MAX_STORAGE: '100MiB', ANONYMOUS_STORAGE: '100MiB' },
    }),
  );

  test('limits the incomplete uploads of all APIs together, until they are aborted', async () => {
    const running = await server();
    const guest = await putput.newClient(running.url);
    const payloads = { url: running.url, key: await payloadKey(running) };
    const key = await uploadkit.newKey(running, 'acme');
    await uploadkit.newRoute(running, 'acme', 'large', ['--max-size', '100MB', '--types', '*/*']);
    const request = { routeSlug: 'large', fileName: 'file.bin', contentType: 'application/octet-stream' };
    const ask = (path: string, fileSize: number) =>
      uploadkit.call({ url: running.url, key }, 'POST', path, { ...request, fileSize });
    const presign = (size_bytes: number) =>
      putput.call(guest, 'POST', '/upload/presign', { ...putput.example, size_bytes });

    const small = await putput.presign(guest);
    await putput.put(small.presigned_url, putput.exampleText);
    const payload = await begin(payloads, 35 * mebibyte);
    expect((await presign(30 * mebibyte)).status).toBe(200);
    expect((await ask('/upload/request', 10 * mebibyte)).status).toBe(200);
    expect((await ask('/upload/multipart/init', 15 * mebibyte)).status).toBe(200);

    const atOnce = await Promise.all(Array.from({ length: 5 }, () => presign(tooMuch)));
    expect(atOnce.map(({ status }) => status).toSorted()).toEqual([200, 507, 507, 507, 507]);
    expect((await ask('/upload/request', tooMuch)).status).toBe(507);
    expect((await ask('/upload/multipart/init', tooMuch)).status).toBe(507);
    await expectError(await postBegin(payloads, { size: tooMuch, mime_type: 'text/plain' }), 507);

    // Accepted uploads keep their room.
    expect((await putput.confirm(guest, small.upload_id)).size_bytes).toBe(putput.exampleText.length);
    expect((await abort(running, payload.upload_id)).status).toBe(204);
    // Room is checked once a second.
    const fits = async () => (await presign(tooMuch)).status === 200;
    await waitFor('room for another', fits, { everyMs: 200 });
    const next = await begin(payloads, tooMuch);
    await complete(running, next, await putAll(next, someBytes(tooMuch)));
    await sweep(running);
  });
}

await suiteWith(['versitygw'], 'MAX_STORAGE, if bytes go straight to S3', () => directRoom({ withS3: true }));

await suiteWith(
  ['postgres', 'versitygw', 'redis-server'],
  'MAX_STORAGE with PostgreSQL, if bytes go straight to S3',
  () => directRoom({ withPostgres: true }),
);
