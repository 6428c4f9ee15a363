import { describe, expect, test } from 'bun:test';
import { mayflyCommand } from '../../support/mayfly-command.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { waitFor } from '../../support/wait-for.ts';
import { curl } from '../curl.ts';
import { answered } from '../expected-answers.ts';
import { startFileServer, storedBlobs, sweep } from '../file-server.ts';
import { call, confirm, exampleText, newClient, presign, put } from './client.ts';

const type = ['-H', 'Content-Type: text/plain'];

// The contract suite tests the other uploads straight to S3.
await suiteWith(['versitygw', 'curl'], 'uploads straight to S3', () => {
  const server = startedOnce(() =>
    startFileServer({
      withS3: true,
      clockless: true,
      env: { PRESIGN_TTL: '4s', LONGEST_UPLOAD: '1s', UPLOAD_LEASE: '1s' },
    }),
  );

  test('do not pass through this server: S3 has the bytes before the confirmation, and this server gets no request', async () => {
    const running = await server();
    const client = await newClient(running.url);
    const { presigned_url, upload_id } = await presign(client);
    /** The number of requests to this server, this one included. */
    const requests = async () => {
      const { headers } = await call(client, 'GET', '/files');
      const own = headers.get('x-request-id') ?? 'none';
      const isRequest = (line: string) => line.includes('"msg":"request"');
      const logs = await waitFor('its line', () => running.logs().includes(own) && running.logs());
      return logs.split('\n').filter(isRequest).length;
    };
    const before = await requests();
    expect(
      (await curl(['-X', 'PUT', presigned_url, ...type, '--data-binary', '@-'], exampleText)).status,
    ).toBe(200);
    expect((await storedBlobs(running)).length).toBe(1);
    expect(await requests()).toBe(before + 1);
    const { id } = await confirm(client, upload_id);
    await answered(call(client, 'DELETE', `/files/${id}`));
  });

  test('are rejected by S3 itself when their URL has expired, by curl and by fetch', async () => {
    const client = await newClient((await server()).url);
    const { presigned_url, expires_at } = await presign(client);
    await waitFor('the end', () => Date.now() > Date.parse(expires_at) + 1000, { timeoutMs: 10_000 });
    const byCurl = await curl(['-X', 'PUT', presigned_url, ...type, '--data-binary', '@-'], exampleText);
    expect(byCurl.status).toBe(403);
    expect(byCurl.body).toContain('<Code>');
    expect((await put(presigned_url, exampleText)).status).toBe(403);
  });

  test('leave nothing behind if a PUT arrives after the confirmation, or after the deletion', async () => {
    const running = await server();
    const client = await newClient(running.url);
    // The objects of earlier tests.
    const swept = async (count: number) =>
      waitFor(
        `a bucket of ${count}`,
        async () => {
          await sweep(running);
          return (await storedBlobs(running)).length === count;
        },
        { timeoutMs: 20_000, everyMs: 500 },
      );
    await swept(0);
    const [kept, deleted] = [await presign(client), await presign(client)];
    for (const { presigned_url } of [kept, deleted])
      expect((await put(presigned_url, exampleText)).status).toBe(200);
    const file = await confirm(client, kept.upload_id);
    const { id } = await confirm(client, deleted.upload_id);
    await answered(call(client, 'DELETE', `/files/${id}`));
    // The late bytes arrive after a sweep.
    await sweep(running);
    for (const { presigned_url } of [kept, deleted])
      expect((await put(presigned_url, exampleText.toUpperCase())).status).toBe(200);
    expect((await storedBlobs(running)).length).toBeGreaterThan(1);
    await swept(1);
    expect(await (await fetch(file.public_url ?? '')).text()).toBe(exampleText);
    await answered(call(client, 'DELETE', `/files/${file.id}`));
    await swept(0);
  });

  describe('from a page of another origin', () => {
    test('are accepted by S3 after mayfly cors', async () => {
      const running = await server();
      const { code, stderr } = await mayflyCommand(running.dataDir, ['cors'], running.stores);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { presigned_url } = await presign(await newClient(running.url));
      const Origin = 'https://app.example';
      const preflight = await fetch(presigned_url, {
        method: 'OPTIONS',
        headers: {
          Origin,
          'Access-Control-Request-Method': 'PUT',
          'Access-Control-Request-Headers': 'content-type',
        },
      });
      expect(preflight.status).toBeOneOf([200, 204]);
      expect(preflight.headers.get('access-control-allow-origin')).toBeOneOf(['*', Origin]);
      expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
      expect((preflight.headers.get('access-control-allow-headers') ?? '').toLowerCase()).toMatch(
        /\*|content-type/,
      );
      const answer = await fetch(presigned_url, {
        method: 'PUT',
        headers: { Origin, 'Content-Type': 'text/plain' },
        body: exampleText,
      });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('access-control-allow-origin')).toBeOneOf(['*', Origin]);
    });

    test('are an error of mayfly cors without S3', async () => {
      const { code, stderr } = await mayflyCommand((await server()).dataDir, ['cors']);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^mayfly: .*S3.*\n$/);
    });
  });
});
