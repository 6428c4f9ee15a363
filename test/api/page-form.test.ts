import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type MayflyProcess, type Runtime, startMayfly } from '../support/mayfly-process.ts';

type Field = [string, string | File];

const file = new File(['content'], 'name.txt', { type: 'text/plain' });

for (const runtime of ['bun', 'deno'] as Runtime[])
  describe(`the page's form in a browser without scripts, on ${runtime}`, () => {
    let mayfly: MayflyProcess;
    beforeAll(async () => {
      mayfly = await startMayfly({ runtime, env: { RATE_LIMIT: '40', MAX_PAYLOAD_SIZE: '1KiB' } });
    });
    afterAll(() => mayfly.stop());

    const post = async (...fields: Field[]) => {
      const body = new FormData();
      for (const [name, value] of fields) body.append(name, value);
      const headers = { accept: 'text/html,*/*;q=0.8' };
      const answer = await fetch(mayfly.url, { method: 'POST', headers, body });
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const page = await answer.text();
      return { status: answer.status, page, location: answer.headers.get('location') ?? '' };
    };

    test('is answered by a page with the link', async () => {
      const nothing = new File([], '', { type: 'application/octet-stream' });
      const terms: Field[] = [
        ['ttl', '600'],
        ['max_reads', ''],
        ['syntax', 'json'],
        ['text', '[1,\r\n2]'],
      ];
      const { status, page, location } = await post(...terms, ['file', nothing]);
      expect(status).toBe(201);
      expect(page).toContain(`href="${location}"`);
      const id = location.slice(-32);
      const stored = await fetch(`${mayfly.url}/api/v1/payloads/${id}`);
      expect(await stored.json()).toMatchObject({ content: '[1,\n2]', mime_type: 'application/json' });
      expect((await post(['ttl', '1h'], ['file', file])).status).toBe(201);
    });

    test.each<[string, number, Field[]]>([
      ['nothing', 400, [['text', '']]],
      [
        'an unknown field',
        400,
        [
          ['text', 'ok'],
          ['unknown', '1'],
        ],
      ],
      [
        'a field twice',
        400,
        [
          ['text', 'ok'],
          ['text', 'ok'],
        ],
      ],
      [
        'a field after its file',
        400,
        [
          ['file', file],
          ['ttl', '1h'],
        ],
      ],
      [
        'two files',
        400,
        [
          ['file', file],
          ['file', file],
        ],
      ],
      [
        'a text and a file',
        400,
        [
          ['text', 'ok'],
          ['file', file],
        ],
      ],
      [
        'an invalid expiry',
        400,
        [
          ['ttl', 'soon'],
          ['text', 'ok'],
        ],
      ],
      [
        'a too late expiry',
        400,
        [
          ['ttl', '9999d'],
          ['text', 'ok'],
        ],
      ],
      [
        'no reads at all',
        400,
        [
          ['max_reads', '0'],
          ['text', 'ok'],
        ],
      ],
      ['a text that is too long', 413, [['text', 'x'.repeat(1025)]]],
    ])('is rejected on a page with %s', async (_what, status, fields) => {
      const answer = await post(...fields);
      expect(answer.status).toBe(status);
      expect(answer.page).toContain('<h1>Not shared</h1>');
    });

    test('is rejected with the same Idempotency-Key after its payload was deleted, which is no replay', async () => {
      const share = async () => {
        const body = new FormData();
        body.append('text', 'ok');
        const headers = { accept: 'text/html', 'idempotency-key': 'share' };
        const answer = await fetch(mayfly.url, { method: 'POST', headers, body });
        const [, token = ''] = /X-Delete-Token: ([\w-]+)/.exec(await answer.text()) ?? [];
        return { answer, token, replayed: answer.headers.get('idempotency-replayed') };
      };
      const first = await share();
      expect(await share()).toMatchObject({ token: first.token, replayed: 'true' });
      const id = first.answer.headers.get('location')?.slice(-32);
      const headers = { 'x-delete-token': first.token };
      const removed = await fetch(`${mayfly.url}/api/v1/payloads/${id}`, { method: 'DELETE', headers });
      expect(removed.status).toBe(204);
      const again = await share();
      expect([again.answer.status, again.replayed]).toEqual([404, null]);
    });

    test('is also answered by a page when the rate limit is exceeded', async () => {
      const statuses: number[] = [];
      while (statuses.length < 45 && !statuses.includes(429))
        statuses.push((await post(['text', 'once more'])).status);
      expect(statuses.at(-1)).toBe(429);
    });
  });
