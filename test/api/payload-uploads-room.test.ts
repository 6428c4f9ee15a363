import { afterAll, beforeAll, expect, test } from 'bun:test';
import { suiteWith } from '../support/suite-with.ts';
import { expectError } from './contract/server.ts';
import { abort, begin, complete, postBegin, putAll, someBytes } from './contract/upload-client.ts';
import { type FileServer, startFileServer, sweep } from './file-server.ts';

const mebibyte = 1024 ** 2;

await suiteWith(['versitygw'], 'MAX_STORAGE, where parts go straight to S3', () => {
  let server: FileServer;
  beforeAll(async () => {
    server = await startFileServer({ withS3: true, clockless: true, env: { MAX_STORAGE: '100MiB' } });
  }, 60_000);
  afterAll(() => server?.stop());

  /** What is not here yet is known to nobody but S3. */
  test('is what uploads that are never completed may take together, until they are given up', async () => {
    const first = await begin(server, 40 * mebibyte);
    await begin(server, 40 * mebibyte);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => postBegin(server, { size: 15 * mebibyte, mime_type: 'text/plain' })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 507, 507, 507, 507]);
    await expectError(await postBegin(server, { size: 40 * mebibyte, mime_type: 'text/plain' }), 507);
    expect((await abort(server, first.upload_id)).status).toBe(204);
    const third = await begin(server, 6 * mebibyte);
    // What was let in has its room.
    await complete(server, third, await putAll(third, someBytes(6 * mebibyte)));
    await sweep(server);
  });
});
