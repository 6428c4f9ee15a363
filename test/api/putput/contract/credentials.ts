import { describe, expect, test } from 'bun:test';
import { waitFor } from '../../../support/wait-for.ts';
import { answered } from '../../expected-answers.ts';
import { type FileServerOf, operate, usageOf } from '../../file-server.ts';
import {
  type Base,
  type Client,
  call,
  example,
  exampleText,
  expectError,
  list,
  newClient,
  presign,
  put,
  uploaded,
} from '../client.ts';

/** Every call that needs a token, with a valid body. */
const calls = [
  ['POST', '/upload/presign', example],
  ['POST', '/upload/confirm', { upload_id: 'upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX' }],
  ['POST', '/upload/url', { url: 'http://127.0.0.1:1/' }],
  ['GET', '/files', undefined],
  ['DELETE', '/files/file_01KAMC0VQ4V3N5W5Z7E0S8T2RX', undefined],
  ['GET', '/files/file_01KAMC0VQ4V3N5W5Z7E0S8T2RX/download', undefined],
  ['GET', '/files/file_01KAMC0VQ4V3N5W5Z7E0S8T2RX/stats', undefined],
] as const;

async function expectUnauthorized(client: Client, headers: Record<string, string>): Promise<void> {
  for (const [method, path, body] of calls) {
    const response = await fetch(client.url + client.base + path, {
      method,
      headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    // RFC 9110, section 11.6.1.
    expect(response.headers.get('www-authenticate')).toStartWith('Bearer');
    await expectError(response, 'UNAUTHORIZED');
  }
}

/** Permissions: tokens, and the files that they give access to. */
export function credentials(server: FileServerOf, base: Base): void {
  describe('credentials', () => {
    test.each<[string, (token: string) => Record<string, string>]>([
      ['none', () => ({})],
      ['an empty one', () => ({ Authorization: '' })],
      ['no token', () => ({ Authorization: 'Bearer ' })],
      ['another scheme', (token) => ({ Authorization: `Basic ${btoa(`:${token}`)}` })],
      ['no scheme', (token) => ({ Authorization: token })],
      ['nonsense', () => ({ Authorization: 'Bearer nonsense' })],
      ['only the prefix', () => ({ Authorization: 'Bearer pp_' })],
      ['one that was never given out', () => ({ Authorization: `Bearer pp_${'x'.repeat(27)}` })],
      ['one that is cut', (token) => ({ Authorization: `Bearer ${token.slice(0, -1)}` })],
      ['one with a suffix', (token) => ({ Authorization: `Bearer ${token}x` })],
      ['another case', (token) => ({ Authorization: `Bearer ${swapCase(token)}` })],
      ['a very long one', () => ({ Authorization: `Bearer pp_${'x'.repeat(6000)}` })],
      ['SQL', () => ({ Authorization: "Bearer pp_'OR'1'='1" })],
      ['a key for buckets', () => ({ Authorization: `Bearer sk_live_${'x'.repeat(27)}` })],
      ['two tokens', (token) => ({ Authorization: `Bearer ${token} ${token}` })],
      ['the token in a cookie', (token) => ({ Cookie: `token=${token}` })],
    ])('%s is UNAUTHORIZED everywhere', async (_what, headersOf) => {
      const client = await newClient((await server()).url, base);
      await expectUnauthorized(client, headersOf(client.token));
    });

    test('a token in the query is ignored', async () => {
      const client = await newClient((await server()).url, base);
      for (const name of ['token', 'access_token', 'authorization'])
        await expectError(await fetch(`${client.url}${base}/files?${name}=${client.token}`), 'UNAUTHORIZED');
    });

    test('the scheme may be written in any case (RFC 9110, section 11.1)', async () => {
      const client = await newClient((await server()).url, base);
      const headers = { Authorization: `bearer ${client.token}` };
      expect((await fetch(`${client.url}${base}/files`, { headers })).status).toBe(200);
    });

    test('a revoked token is invalid from then on, and its files stay', async () => {
      const running = await server();
      const client = await newClient(running.url, base);
      const file = await uploaded(client);
      const lines = (await operate(running, ['keys', 'list'])).split('\n');
      // Only the beginning of a secret is stored in clear.
      const line = lines.find((text) => text.includes(`${client.token.slice(0, 7)}…`));
      expect(lines.join('\n')).not.toContain(client.token);
      await operate(running, ['keys', 'revoke', line?.split(' ')[0] ?? '']);
      await expectUnauthorized(client, { Authorization: `Bearer ${client.token}` });
      expect((await fetch(file.public_url ?? '')).status).toBe(200);
    });

    test("another account's file responds like an unknown one, and stays unchanged", async () => {
      const { url } = await server();
      const [owner, other] = [await newClient(url, base), await newClient(url, base)];
      const file = await uploaded(owner);
      const unknown = 'file_01KAMC0VQ4V3N5W5Z7E0S8T2RX';
      for (const [method, rest] of [
        ['GET', '/download'],
        ['GET', '/stats'],
        ['DELETE', ''],
      ] as const) {
        const expected = await (await call(other, method, `/files/${unknown}${rest}`)).text();
        const response = await call(other, method, `/files/${file.id}${rest}`);
        expect(await response.clone().text()).toBe(expected);
        await expectError(response, 'FILE_NOT_FOUND');
      }
      expect((await list(other)).files).toEqual([]);
      expect((await list(owner)).files).toEqual([file]);
      expect(await (await fetch(file.public_url ?? '')).text()).toBe(exampleText);
    });

    test("another account's upload responds like an unknown one, and its owner can confirm it", async () => {
      const running = await server();
      const [owner, other] = [await newClient(running.url, base), await newClient(running.url, base)];
      const { upload_id, presigned_url } = await presign(owner);
      await put(presigned_url, exampleText);
      const unknown = { upload_id: 'upload_01KAMC0VQ4V3N5W5Z7E0S8T2RX' };
      const expected = await (await call(other, 'POST', '/upload/confirm', unknown)).text();
      const response = await call(other, 'POST', '/upload/confirm', { upload_id });
      expect(await response.clone().text()).toBe(expected);
      await expectError(response, 'UPLOAD_NOT_FOUND');
      expect((await usageOf(running, other.token)).storedObjects).toBe(0);
      await answered(call(owner, 'POST', '/upload/confirm', { upload_id }));
      expect((await usageOf(running, owner.token)).storedObjects).toBe(1);
    });

    test('no token, claim or signature is logged', async () => {
      const running = await server();
      const client = await newClient(running.url, base);
      const { presigned_url, upload_id } = await presign(client);
      await put(presigned_url, exampleText);
      await answered(call(client, 'POST', '/upload/confirm', { upload_id }));
      const { headers } = await fetch(`${running.url}/login?claim=canary-of-a-claim`);
      // Lines are buffered for a moment before they are written, in their order.
      const last = headers.get('x-request-id') ?? 'none';
      const logs = await waitFor(
        'the line of the last',
        () => running.logs().includes(last) && running.logs(),
      );
      const { searchParams } = new URL(presigned_url);
      const signature = searchParams.get('signature') ?? searchParams.get('X-Amz-Signature') ?? '';
      expect(signature.length).toBeGreaterThan(40);
      for (const secret of [client.token, signature, 'canary-of-a-claim']) expect(logs).not.toContain(secret);
    });
  });
}

function swapCase(text: string): string {
  const body = text.slice(3);
  const swapped = [...body].map((letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  );
  return `pp_${swapped.join('')}`;
}
