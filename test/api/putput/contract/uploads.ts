import { describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { curl } from '../../curl.ts';
import { answered } from '../../expected-answers.ts';
import { type FileServerOf, usageOf } from '../../file-server.ts';
import {
  type Base,
  call,
  confirm,
  example,
  exampleText,
  expectError,
  expectRefusedPut,
  list,
  newClient,
  presign,
  put,
} from '../client.ts';

const shouted = exampleText.toUpperCase();

/** The PUT to a presigned URL, and its confirmation. The rules are the same for this server and S3. */
export function uploads(server: FileServerOf, base: Base): void {
  const newUpload = async (fields: Record<string, unknown> = {}) => {
    const client = await newClient((await server()).url, base);
    return { client, ...(await presign(client, fields)) };
  };

  describe('presigned uploads', () => {
    test('go straight to S3 if it is configured, and otherwise to this server', async () => {
      const { url, s3 } = await server();
      const { presigned_url } = await newUpload();
      expect(new URL(presigned_url).origin).toBe(s3?.endpoint ?? url);
    });

    test.each(['text/html', 'text/plain; charset=utf-8', 'application/octet-stream', 'nonsense'])(
      'a PUT with the type %s instead of the signed one is rejected',
      async (type) => {
        const { client, presigned_url, upload_id } = await newUpload();
        await expectRefusedPut(client, presigned_url, await put(presigned_url, exampleText, type));
        await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'FILE_NOT_UPLOADED');
      },
    );

    test('a PUT without a type is rejected, also by curl with its own type', async () => {
      const { client, presigned_url, upload_id } = await newUpload();
      const body = new TextEncoder().encode(exampleText);
      await expectRefusedPut(client, presigned_url, await fetch(presigned_url, { method: 'PUT', body }));
      const { status } = await curl(['-X', 'PUT', presigned_url, '--data-binary', '@-'], exampleText);
      expect(status).toBe(403);
      await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'FILE_NOT_UPLOADED');
    });

    test.each([0, 1, 19, 21, 100_000])('a PUT of %d bytes instead of 20 is rejected', async (size) => {
      const { client, presigned_url, upload_id } = await newUpload();
      await expectRefusedPut(client, presigned_url, await put(presigned_url, 'x'.repeat(size)));
      await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'FILE_NOT_UPLOADED');
    });

    test.each([19, 21])('a chunked PUT of %d bytes instead of 20 is rejected', async (size) => {
      const { client, presigned_url, upload_id } = await newUpload();
      const headers = ['-H', 'Transfer-Encoding: chunked', '-H', 'Content-Type: text/plain'];
      const { status } = await curl([...headers, '-T', '-', presigned_url], 'x'.repeat(size));
      expect(status).toBeOneOf([403, 411]);
      await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'FILE_NOT_UPLOADED');
    });

    test('an altered URL is rejected, parameter by parameter', async () => {
      const { client, presigned_url, upload_id } = await newUpload();
      const other = await presign(client);
      const { searchParams, pathname } = new URL(presigned_url);
      const altered = [...searchParams.keys()].flatMap((name) => {
        const [changed, without] = [new URL(presigned_url), new URL(presigned_url)];
        const value = searchParams.get(name) ?? '';
        changed.searchParams.set(
          name,
          value.replace(/.$/, (last) => (last === '1' ? '2' : '1')),
        );
        without.searchParams.delete(name);
        // The signature does not cover the parameters that S3's client adds for itself.
        return name === 'x-id' ? [] : [changed.href, without.href];
      });
      const elsewhere = new URL(other.presigned_url);
      elsewhere.search = new URL(presigned_url).search;
      for (const address of [...altered, elsewhere.href, new URL(pathname, presigned_url).href]) {
        expect(address).not.toBe(presigned_url);
        expect((await put(address, exampleText)).status, address).toBeOneOf([400, 403]);
      }
      for (const id of [upload_id, other.upload_id])
        await expectError(
          await call(client, 'POST', '/upload/confirm', { upload_id: id }),
          'FILE_NOT_UPLOADED',
        );
    });

    test('confirming before the PUT is FILE_NOT_UPLOADED, and the upload continues', async () => {
      const { client, presigned_url, upload_id } = await newUpload();
      for (let round = 0; round < 2; round += 1)
        await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'FILE_NOT_UPLOADED');
      await put(presigned_url, exampleText);
      expect((await confirm(client, upload_id)).size_bytes).toBe(example.size_bytes);
    });

    test('an aborted PUT stores nothing, and can be repeated', async () => {
      const { client, presigned_url, upload_id } = await newUpload({ size_bytes: 500_000 });
      const { hostname, port, pathname, search, host } = new URL(presigned_url);
      const lines = [`PUT ${pathname}${search} HTTP/1.1`, `Host: ${host}`, 'Content-Type: text/plain'];
      const socket = connect(Number(port), hostname);
      const head = `${[...lines, 'Content-Length: 500000'].join('\r\n')}\r\n\r\n`;
      await new Promise<void>((resolve) => socket.write(head + 'x'.repeat(250_000), () => resolve()));
      socket.destroy();
      await Bun.sleep(200);
      await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'FILE_NOT_UPLOADED');
      expect((await put(presigned_url, 'y'.repeat(500_000))).status).toBe(200);
      const { public_url } = await confirm(client, upload_id);
      expect(await (await fetch(public_url ?? '')).text()).toBe('y'.repeat(500_000));
    });

    test('the later of two PUTs before the confirmation counts', async () => {
      const { client, presigned_url, upload_id } = await newUpload();
      expect((await put(presigned_url, exampleText)).status).toBe(200);
      expect((await put(presigned_url, shouted)).status).toBe(200);
      const { public_url } = await confirm(client, upload_id);
      expect(await (await fetch(public_url ?? '')).text()).toBe(shouted);
    });

    test('a PUT after the confirmation changes nothing', async () => {
      const { client, presigned_url, upload_id } = await newUpload();
      await put(presigned_url, exampleText);
      const { public_url } = await confirm(client, upload_id);
      const etag = (await fetch(public_url ?? '', { method: 'HEAD' })).headers.get('etag');
      const second = await put(presigned_url, shouted);
      // S3 knows only that its signature is valid.
      expect(second.status).toBe(new URL(presigned_url).origin === client.url ? 403 : 200);
      const after = await fetch(public_url ?? '');
      expect(await after.text()).toBe(exampleText);
      expect(after.headers.get('etag')).toBe(etag);
      await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'UPLOAD_NOT_FOUND');
    });

    test('a PUT after the deletion restores nothing', async () => {
      const running = await server();
      const { client, presigned_url, upload_id } = await newUpload();
      await put(presigned_url, exampleText);
      const { id, public_url } = await confirm(client, upload_id);
      await answered(call(client, 'DELETE', `/files/${id}`));
      await put(presigned_url, shouted);
      await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'UPLOAD_NOT_FOUND');
      expect((await fetch(public_url ?? '')).status).toBe(404);
      expect((await list(client)).files).toEqual([]);
      expect(await usageOf(running, client.token)).toMatchObject({ storedObjects: 0, reservedObjects: 0 });
    });

    test('confirming twice is UPLOAD_NOT_FOUND, and the file stays', async () => {
      const { client, presigned_url, upload_id } = await newUpload();
      await put(presigned_url, exampleText);
      const file = await confirm(client, upload_id);
      await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'UPLOAD_NOT_FOUND');
      expect((await list(client)).files).toEqual([file]);
    });

    test('one of many concurrent confirmations creates the file', async () => {
      const running = await server();
      const { client, presigned_url, upload_id } = await newUpload();
      await put(presigned_url, exampleText);
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => call(client, 'POST', '/upload/confirm', { upload_id })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(404)]);
      for (const answer of answers) if (answer.status === 404) await expectError(answer, 'UPLOAD_NOT_FOUND');
      expect((await list(client)).files).toHaveLength(1);
      expect(await usageOf(running, client.token)).toEqual({
        ...{ storedBytes: 20, storedObjects: 1, reservedBytes: 0, reservedObjects: 0 },
      });
    });

    test.each(['text/plain; charset=utf-8', 'IMAGE/PNG', 'application/vnd.api+json;profile="a b"'])(
      'a PUT of the presigned type %s is accepted',
      async (content_type) => {
        const { client, presigned_url, upload_id } = await newUpload({ content_type });
        expect((await put(presigned_url, exampleText, content_type)).status).toBe(200);
        expect((await confirm(client, upload_id)).content_type).toBe(content_type);
      },
    );

    test('only PUT is allowed at a presigned URL', async () => {
      const { client, presigned_url, upload_id } = await newUpload();
      for (const method of ['GET', 'POST', 'DELETE', 'HEAD']) {
        const headers = { 'Content-Type': 'text/plain' };
        const body = method === 'POST' ? exampleText : undefined;
        const { status } = await fetch(presigned_url, { method, headers, ...(body && { body }) });
        expect(status, method).toBeOneOf([400, 403, 404, 405]);
      }
      await expectError(await call(client, 'POST', '/upload/confirm', { upload_id }), 'FILE_NOT_UPLOADED');
    });
  });
}
