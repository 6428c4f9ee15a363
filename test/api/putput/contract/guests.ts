import { describe, expect, test } from 'bun:test';
import { answered, expectCommonHeaders } from '../../expected-answers.ts';
import { type FileServerOf, nothing, usageOf } from '../../file-server.ts';
import {
  type Base,
  type Client,
  call,
  example,
  expectError,
  list,
  newClient,
  newGuest,
  presign,
  uploaded,
} from '../client.ts';

/** Guests, and how they become permanent: docs/contract/putput.md, "Claiming an account". */
export function guests(server: FileServerOf, base: Base): void {
  const newClaim = async (): Promise<{ client: Client; claimUrl: string; claim: string }> => {
    const { url } = await server();
    const { token, claim_url } = await newGuest(url, base);
    return {
      client: { url, base, token },
      claimUrl: claim_url,
      claim: new URL(claim_url).searchParams.get('claim') ?? '',
    };
  };
  /** Sends the form of the page. */
  const claimWith = async (fields: Record<string, string>) =>
    fetch(`${(await server()).url}/login`, { method: 'POST', body: new URLSearchParams(fields) });
  const expectPage = async (response: Response, status: number) => {
    expect(response.status).toBe(status);
    expectCommonHeaders(response);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    const text = await response.text();
    expect(text).toStartWith('<!doctype html>');
    expect(text).not.toContain('<script');
    return text;
  };

  describe('guests', () => {
    test.each([
      ...['text/html', 'TEXT/HTML; charset=utf-8', 'application/xhtml+xml', 'text/javascript'],
      ...[
        'application/javascript',
        'application/x-msdownload',
        'application/x-sh',
        'application/java-archive',
      ],
      ...[
        'application/x-executable',
        'application/vnd.microsoft.portable-executable',
        'application/x-httpd-php',
      ],
      ...['application/x-elf', 'text/x-shellscript', 'application/vnd.android.package-archive'],
    ])('may not upload %s', async (content_type) => {
      const running = await server();
      const client = await newClient(running.url, base);
      const response = await call(client, 'POST', '/upload/presign', { ...example, content_type });
      await expectError(response, 'CONTENT_TYPE_BLOCKED');
      expect(await usageOf(running, client.token)).toEqual(nothing);
    });

    test.each(['application/octet-stream', 'text/plain', 'image/png', 'application/zip', 'video/mp4'])(
      'may upload %s',
      async (content_type) => {
        expect(
          (await presign(await newClient((await server()).url, base), { content_type })).upload_id,
        ).toBeString();
      },
    );

    test('need no body, and are not affected by one', async () => {
      const { url } = await server();
      for (const body of ['', '{}', '{', 'x=1'])
        expect((await fetch(`${url}${base}/auth/guest`, { method: 'POST', body })).status).toBe(201);
    });
  });

  describe('the claim page', () => {
    test('has a form that sends the claim and an email address, and reading the page uses nothing up', async () => {
      const { claimUrl, claim } = await newClaim();
      for (let look = 0; look < 3; look += 1) {
        const text = await expectPage(await fetch(claimUrl), 200);
        expect(text).toMatch(/<form method="post" action="\/login">/);
        expect(text).toContain(`name="claim" value="${claim}"`);
        expect(text).toMatch(
          /<input[^>]*name="email"[^>]*type="email"|<input[^>]*type="email"[^>]*name="email"/,
        );
        expect((await fetch(claimUrl, { method: 'HEAD' })).status).toBe(200);
      }
    });

    test('upgrades the guest: the token stays the same, and its limits and files do not expire with the guest', async () => {
      const { client, claim } = await newClaim();
      const before = await uploaded(client);
      const ends = await uploaded(client, { expires_at: new Date(Date.now() + 3_600_000).toISOString() });
      expect(before.expires_at).toBeString();
      await expectPage(await claimWith({ claim, email: 'ada@example.com' }), 200);
      const { files } = await list(client);
      // A file with its own expiry keeps it.
      expect(files).toEqual([ends, { ...before, expires_at: null }]);
      expect((await uploaded(client)).expires_at).toBeNull();
      // It is no longer a guest, so every type is allowed.
      const page = await uploaded(client, {
        filename: 'x.html',
        content_type: 'text/html',
        bytes: '<h1>hi</h1>',
      });
      const { headers } = await fetch(page.public_url ?? '');
      // This server never saw bytes that went straight to S3, so their charset is unknown.
      expect(headers.get('content-type')).toMatch(/^text\/plain(; charset=utf-8)?$/);
      expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
      const afterTheGuest = new Date(Date.now() + 365 * 86_400_000).toISOString();
      expect((await presign(client, { expires_at: afterTheGuest })).upload_id).toBeString();
      expect((await list(client)).files).toHaveLength(4);
    });

    test('works once', async () => {
      const { client, claim, claimUrl } = await newClaim();
      await expectPage(await claimWith({ claim, email: 'ada@example.com' }), 200);
      await expectPage(await claimWith({ claim, email: 'eve@example.com' }), 404);
      await expectPage(await fetch(claimUrl), 404);
      await answered(call(client, 'GET', '/files'));
    });

    test('works for one of many concurrent calls', async () => {
      const { claim } = await newClaim();
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) => claimWith({ claim, email: `user${index}@example.com` })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(404)]);
    });

    test.each([
      '',
      ' ',
      'nobody',
      'a@',
      '@b',
      'a b@c.d',
      'a@b\nc',
      `${'a'.repeat(250)}@example.com`,
      '<x>@y.z',
    ])('rejects the email address %j, and the claim can still be used', async (email) => {
      const { claim } = await newClaim();
      await expectPage(await claimWith({ claim, email }), 400);
      await expectPage(await claimWith({ claim, email: 'ada@example.com' }), 200);
    });

    test('rejects bodies that are not forms', async () => {
      const { url } = await server();
      const post = (body: BodyInit) => fetch(`${url}/login`, { method: 'POST', body });
      for (const body of ['', '{"claim":"x","email":"a@b.c"}', Uint8Array.of(0xff, 0xfe)])
        await expectPage(await post(body), 400);
      await expectPage(await post('x'.repeat(300 * 1024)), 400);
    });

    test.each(['', 'nonsense', '"><script>alert(1)</script>', '\0', 'x'.repeat(4000), '../../etc/passwd'])(
      'answers to the claim %j as to an unknown one, and does not repeat it',
      async (claim) => {
        const { url } = await server();
        const unknown = await expectPage(await fetch(`${url}/login?claim=${'x'.repeat(27)}`), 404);
        expect(await expectPage(await fetch(`${url}/login?claim=${encodeURIComponent(claim)}`), 404)).toBe(
          unknown,
        );
        expect(await expectPage(await claimWith({ claim, email: 'ada@example.com' }), 404)).toBe(unknown);
      },
    );

    test('exists for GET and POST, and reports errors on a page', async () => {
      const { url } = await server();
      await expectPage(await fetch(`${url}/login`), 404);
      const response = await fetch(`${url}/login`, { method: 'DELETE' });
      expect((response.headers.get('allow') ?? '').split(', ').sort()).toEqual([
        'GET',
        'HEAD',
        'OPTIONS',
        'POST',
        'PUT',
      ]);
      await expectPage(response, 405);
    });
  });
}
