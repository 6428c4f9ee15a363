import { describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { waitFor } from '../../../support/wait-for.ts';
import type { FileServerOf } from '../../file-server.ts';
import { rawRequest, requestText } from '../../raw-request.ts';
import {
  type Client,
  expectBytes,
  get,
  getBucket,
  newBucket,
  objectPath,
  sharedClient,
  stored,
} from '../client.ts';
import { expectError } from '../errors.ts';

const putLines = ({ key }: Client, bucket: string, name: string, ...headers: string[]) => [
  `PUT ${objectPath(bucket, name)} HTTP/1.1`,
  ...['Host: localhost', `Authorization: Bearer ${key}`, ...headers],
];

/** docs/contract/shared.md, "Request bodies": a body that breaks off stores nothing. */
export function breakingOff(server: FileServerOf): void {
  describe('a body that breaks off', () => {
    const endings = {
      'within its length': ['Content-Length: 200000'],
      'before its last chunk': ['Transfer-Encoding: chunked'],
    };
    test.each(Object.entries(endings))('%s stores nothing and replaces nothing', async (_name, headers) => {
      const client = await sharedClient(await server());
      const { name: bucket } = await newBucket(client);
      await stored(client, bucket, 'there', 'before');
      const chunked = headers[0]?.startsWith('Transfer') ?? false;
      for (const key of ['new', 'there'])
        for (const sent of [10, 150_000])
          for (const half of [false, true]) {
            const socket = connect({ port: Number(new URL(client.url).port), host: '127.0.0.1' });
            socket.on('error', () => undefined);
            socket.resume();
            const chunk = 'x'.repeat(sent);
            const body = chunked ? `${sent.toString(16)}\r\n${chunk}\r\n` : chunk;
            socket.write(requestText(putLines(client, bucket, key, ...headers), body));
            await waitFor('the bytes to be sent', () => socket.bytesWritten > sent);
            await Bun.sleep(50);
            if (half) socket.end();
            else socket.destroy();
          }
      await Bun.sleep(300);
      await expectError(await get(client, bucket, 'new'), 'object_not_found');
      await expectBytes(client, bucket, 'there', 'before');
      expect(await getBucket(client, bucket)).toMatchObject({ objectCount: 1, sizeBytes: 6 });
    });

    test('or that has an invalid length stores nothing', async () => {
      const client = await sharedClient(await server());
      const { name: bucket } = await newBucket(client);
      for (const length of ['-1', 'x', '1.5', '1, 2', '99999999999999999999999']) {
        const lines = putLines(client, bucket, 'key', `Content-Length: ${length}`, 'Connection: close');
        const answer = await rawRequest(client.url, requestText(lines, 'x')).catch(() => ({ status: 400 }));
        expect([length, Math.floor(answer.status / 100)]).toEqual([length, 4]);
      }
      await expectError(await get(client, bucket, 'key'), 'object_not_found');
    });

    test('does not affect a body that waits for 100 Continue', async () => {
      const client = await sharedClient(await server());
      const { name: bucket } = await newBucket(client);
      const headers = ['Content-Length: 5', 'Expect: 100-continue', 'Connection: close'];
      const answer = await rawRequest(
        client.url,
        requestText(putLines(client, bucket, 'key', ...headers), 'Hello'),
      );
      expect(answer.status).toBe(201);
      await expectBytes(client, bucket, 'key', 'Hello');
    });
  });
}
