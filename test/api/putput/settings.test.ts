import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { stoppedAtTheEnd } from '../../support/stopped-at-the-end.ts';
import { answered } from '../expected-answers.ts';
import { nothing, startFileServer, usageOf } from '../file-server.ts';
import { call, exampleText, expectError, list, newClient, uploaded } from './client.ts';
import { startRemote } from './remote.ts';

setDefaultTimeout(30_000);

const start = stoppedAtTheEnd((env: Record<string, string>) => startFileServer({ env }));

describe('CDN_URL', () => {
  test.each([
    ['https://cdn.example', 'https://cdn.example'],
    ['https://cdn.example/', 'https://cdn.example'],
    ['https://cdn.example/mayfly', 'https://cdn.example/mayfly'],
  ])('public URLs begin with %s, and private ones never do', async (CDN_URL, origin) => {
    const { url } = await start({ CDN_URL });
    const client = await newClient(url);
    const open = await uploaded(client);
    expect(open.public_url).toBe(`${origin}/f/${open.public_name}`);
    expect((await list(client)).files[0]?.public_url).toBe(open.public_url);
    const { download_url } = await answered<{ download_url: string }>(
      call(client, 'GET', `/files/${open.id}/download`),
    );
    expect(download_url).toBe(open.public_url ?? '');
    // The CDN requests this.
    expect(await (await fetch(`${url}/f/${open.public_name}`)).text()).toBe(exampleText);
    const hidden = await uploaded(client, { visibility: 'private' });
    const granted = await answered<{ download_url: string }>(
      call(client, 'GET', `/files/${hidden.id}/download`),
    );
    expect(granted.download_url).toStartWith(`${url}/f/`);
  });
});

describe('PUBLIC_URL', () => {
  test('links begin with it, and never with the Host header', async () => {
    const { url } = await start({ PUBLIC_URL: 'https://files.example/' });
    const headers = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' };
    const guest = await fetch(`${url}/api/v1/auth/guest`, { method: 'POST', headers });
    const { token, claim_url } = (await guest.json()) as { token: string; claim_url: string };
    expect(claim_url).toStartWith('https://files.example/login?claim=');
    const client = { url, base: '/api/v1', token } as const;
    const body = { filename: 'x', content_type: 'text/plain', size_bytes: 1 };
    const presigned = await call(client, 'POST', '/upload/presign', body, headers);
    expect(((await presigned.json()) as { presigned_url: string }).presigned_url).toStartWith(
      'https://files.example/signed/',
    );
  });
});

describe('without WEBHOOK_ALLOW_PRIVATE', () => {
  test('no URL makes the server call a private address', async () => {
    const server = await start({ WEBHOOK_ALLOW_PRIVATE: '' });
    const client = await newClient(server.url);
    const remote = await startRemote();
    const { port } = new URL(remote.url);
    for (const host of [
      ...[
        '127.0.0.1',
        'localhost',
        '[::1]',
        '0.0.0.0',
        '[::]',
        '127.1',
        '0x7f000001',
        '2130706433',
        '0177.0.0.1',
      ],
      ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]'],
      ...['10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1', '[fe80::1]', '[fd00::1]'],
      ...['224.0.0.1', '255.255.255.255', 'localhost.'],
    ]) {
      const response = await call(client, 'POST', '/upload/url', { url: `http://${host}:${port}/photo.jpg` });
      await expectError(response, 'VALIDATION_ERROR');
    }
    remote.stop();
    expect(remote.asked).toEqual([]);
    expect((await list(client)).files).toEqual([]);
    expect(await usageOf(server, client.token)).toEqual(nothing);
  });
});

describe('MAX_OBJECT_SIZE', () => {
  test('applies under every plan', async () => {
    const { url } = await start({ MAX_OBJECT_SIZE: '100' });
    const client = await newClient(url);
    expect((await uploaded(client, { bytes: 'x'.repeat(100) })).size_bytes).toBe(100);
    const body = { filename: 'x', content_type: 'text/plain', size_bytes: 101 };
    await expectError(await call(client, 'POST', '/upload/presign', body), 'FILE_TOO_LARGE');
    const remote = await startRemote();
    const response = await call(client, 'POST', '/upload/url', { url: `${remote.url}/chunked.bin` });
    await expectError(response, 'FILE_TOO_LARGE');
    remote.stop();
    expect((await list(client)).files).toHaveLength(1);
  });
});
