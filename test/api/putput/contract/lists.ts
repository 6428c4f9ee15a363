import { describe, expect, test } from 'bun:test';
import { answered } from '../../expected-answers.ts';
import type { FileServerOf } from '../../file-server.ts';
import { type Base, type Client, call, expectError, list, newClient, uploaded } from '../client.ts';

const names = (files: { original_name: string }[]) => files.map(({ original_name }) => original_name);

/** `GET /files`: docs/contract/putput.md, "Files". */
export function lists(server: FileServerOf, base: Base): void {
  const newList = async (...filenames: string[]): Promise<Client> => {
    const client = await newClient((await server()).url, base);
    for (const filename of filenames) await uploaded(client, { filename, bytes: 'x' });
    return client;
  };

  describe('lists', () => {
    test('are empty at first', async () => {
      expect(await list(await newList())).toEqual({ files: [], cursor: null, has_more: false });
    });

    test('go from the newest to the oldest, page by page, with each file once', async () => {
      const client = await newList('1', '2', '3', '4', '5', '6', '7');
      const pages: string[][] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page = await list(client, `?limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        expect(page.has_more).toBe(page.cursor !== null);
        pages.push(names(page.files));
        ({ cursor } = page);
      }
      expect(pages).toEqual([['7', '6', '5'], ['4', '3', '2'], ['1']]);
    });

    test('end with the last file, even if the last page is full', async () => {
      const client = await newList('1', '2');
      expect(await list(client, '?limit=2')).toMatchObject({ cursor: null, has_more: false });
    });

    test('continue from a cursor while files are added and removed, also the one that it points at', async () => {
      const client = await newList('1', '2', '3', '4');
      const { files, cursor } = await list(client, '?limit=2');
      expect(names(files)).toEqual(['4', '3']);
      await uploaded(client, { filename: '5', bytes: 'x' });
      await answered(call(client, 'DELETE', `/files/${files[1]?.id}`));
      const rest = await list(client, `?limit=2&cursor=${cursor}`);
      expect(names(rest.files)).toEqual(['2', '1']);
      expect(rest.has_more).toBe(false);
    });

    test('have 50 files on a page by default, and 100 at most', async () => {
      const client = await newList(...Array.from({ length: 51 }, (_, index) => `${index}`));
      const page = await list(client);
      expect(page.files).toHaveLength(50);
      expect(page.has_more).toBe(true);
      expect((await list(client, '?limit=100')).files).toHaveLength(51);
      expect((await list(client, '?limit=1')).files).toHaveLength(1);
    });

    test.each(['0', '-1', '101', '1.5', 'abc', '1e1', '99999999999999999999', '%00', 'NaN', '0x10'])(
      'a limit of %j is rejected by name',
      async (limit) => {
        const client = await newList();
        const message = await expectError(
          await call(client, 'GET', `/files?limit=${limit}`),
          'VALIDATION_ERROR',
        );
        expect(message).toStartWith('limit');
      },
    );

    test('ignore an empty cursor and an empty limit (docs/contract/shared.md, "Lists")', async () => {
      const client = await newList('1', '2');
      expect(await list(client, '?cursor=&limit=')).toEqual(await list(client));
    });

    test('reject a cursor that was altered anywhere, by name', async () => {
      const client = await newList('1', '2', '3');
      const { cursor } = await list(client, '?limit=1');
      expect(cursor).toMatch(/^[\w-]+$/);
      const text = cursor ?? '';
      const flipped = [...text].map((letter, index) => {
        const other = letter === 'A' ? 'B' : 'A';
        return text.slice(0, index) + other + text.slice(index + 1);
      });
      const others = [
        text.slice(1),
        text.slice(0, -1),
        `${text}A`,
        `${text}=`,
        text.toUpperCase(),
        '2',
        'null',
      ];
      const odd = ['%00', '%ff', '😀', 'x'.repeat(4000), '../..', '{"before":2}', btoa('2')];
      for (const wrong of [...flipped, ...others, ...odd.map(encodeURIComponent)]) {
        const message = await expectError(
          await call(client, 'GET', `/files?cursor=${wrong}`),
          'VALIDATION_ERROR',
        );
        expect(message).toStartWith('cursor');
      }
      expect(names((await list(client, `?limit=1&cursor=${text}`)).files)).toEqual(['2']);
    });

    test("reject another account's cursor", async () => {
      const [one, other] = [await newList('1', '2'), await newList('3', '4')];
      const { cursor } = await list(one, '?limit=1');
      await expectError(await call(other, 'GET', `/files?cursor=${cursor}`), 'VALIDATION_ERROR');
    });

    test('can be filtered by prefix and tag, also page by page', async () => {
      const client = await newClient((await server()).url, base);
      const files: [string, string | null, string[] | null][] = [
        ['a', 'photos/2026', ['red', 'blue']],
        ['b', 'photos/2025', ['red']],
        ['c', 'Photos', null],
        ['d', null, ['redder']],
        ['e', 'photo_%', ['red']],
      ];
      for (const [filename, prefix, tags] of files) await uploaded(client, { filename, prefix, tags });
      const found = async (query: string) => names((await list(client, query)).files);
      expect(await found('?prefix=photos/')).toEqual(['b', 'a']);
      expect(await found('?prefix=photos%2F2026')).toEqual(['a']);
      expect(await found('?prefix=photo')).toEqual(['e', 'b', 'a']);
      // There are no wildcards.
      expect(await found('?prefix=photo_')).toEqual(['e']);
      expect(await found('?prefix=%25')).toEqual([]);
      expect(await found('?tag=red')).toEqual(['e', 'b', 'a']);
      expect(await found('?tag=Red')).toEqual([]);
      expect(await found('?tag=re')).toEqual([]);
      expect(await found('?prefix=photos/&tag=blue')).toEqual(['a']);
      expect(await found("?tag='%20OR%201=1--")).toEqual([]);
      const first = await list(client, '?tag=red&limit=2');
      expect([names(first.files), first.has_more]).toEqual([['e', 'b'], true]);
      const second = await list(client, `?tag=red&limit=2&cursor=${first.cursor}`);
      expect([names(second.files), second.has_more]).toEqual([['a'], false]);
    });
  });
}
