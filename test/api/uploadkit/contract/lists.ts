import { describe, expect, test } from 'bun:test';
import { answered } from '../../expected-answers.ts';
import { type FileServerOf, nothing, usageOf } from '../../file-server.ts';
import { type Client, call, expectError, list, newClient, uploaded } from '../client.ts';

type Deletions = {
  deleted: number;
  failed: number;
  reclaimedBytes: number;
  failures: { key: string; code: string; message: string }[];
};

/** `GET /files` and `DELETE /files`: docs/contract/uploadkit.md, "Files". */
export function lists(server: FileServerOf): void {
  const newList = async (...fileNames: string[]): Promise<Client> => {
    const client = await newClient(await server());
    for (const fileName of fileNames) await uploaded(client, { fileName }, 'x');
    return client;
  };
  const deleteMany = (client: Client, keys: string[]) =>
    answered<Deletions>(call(client, 'DELETE', '/files', { keys }));

  describe('lists', () => {
    test('go from the newest to the oldest, page by page, while files are added and removed', async () => {
      const client = await newList('1', '2', '3', '4', '5');
      const first = await list(client, '?limit=2');
      expect(first.files.map(({ name }) => name)).toEqual(['5', '4']);
      await uploaded(client, { fileName: '6' }, 'x');
      await answered(call(client, 'DELETE', `/files/${encodeURIComponent(first.files[1]?.key ?? '')}`));
      const second = await list(client, `?limit=2&cursor=${encodeURIComponent(first.nextCursor ?? '')}`);
      expect(second.files.map(({ name }) => name)).toEqual(['3', '2']);
      const third = await list(client, `?limit=2&cursor=${encodeURIComponent(second.nextCursor ?? '')}`);
      expect(third.files.map(({ name }) => name)).toEqual(['1']);
      expect(third.nextCursor).toBeNull();
    });

    test('have 50 on a page by default', async () => {
      const client = await newList(...Array.from({ length: 51 }, (_, index) => `${index}`));
      expect((await list(client)).files).toHaveLength(50);
      expect(await list(client, '?limit=100')).toMatchObject({ nextCursor: null });
    });

    test('reject an altered cursor', async () => {
      const client = await newList('1', '2');
      const { nextCursor } = await list(client, '?limit=1');
      const cursor = nextCursor ?? '';
      for (const wrong of [
        cursor.slice(1),
        `${cursor}A`,
        cursor.replace(/^./, (first) => (first === '-' ? '_' : '-')),
        'nonsense',
        '%00',
        '%ff',
      ]) {
        const response = await call(client, 'GET', `/files?cursor=${wrong}`);
        expect(await expectError(response, 'VALIDATION_ERROR')).toStartWith('cursor');
      }
    });
  });

  describe('bulk delete', () => {
    test('deletes existing files, reports missing ones, and counts the bytes', async () => {
      const running = await server();
      const client = await newClient(running);
      const other = await uploaded(await newClient(running));
      const [one, two, kept] = [
        await uploaded(client, {}, 'one'),
        await uploaded(client, {}, 'three'),
        await uploaded(client, {}, 'kept'),
      ];
      const keys = [one.key, 'uploads/none', two.key, other.key, ''];
      const answer = await deleteMany(client, keys);
      const notFound = (key: string) => ({ key, code: 'FILE_NOT_FOUND', message: 'File not found' });
      expect(answer).toEqual({
        deleted: 2,
        failed: 3,
        reclaimedBytes: 8,
        failures: [notFound('uploads/none'), notFound(other.key), notFound('')],
      });
      expect((await list(client)).files).toEqual([kept]);
      expect(await usageOf(running, client.key)).toEqual({ ...nothing, storedBytes: 4, storedObjects: 1 });
      expect((await fetch(one.url)).status).toBe(404);
      expect((await fetch(other.url)).status).toBe(200);
    });

    test('accepts a hundred keys, and a duplicate key fails once', async () => {
      const client = await newList('1');
      const [file] = (await list(client)).files;
      const keys = [
        file?.key ?? '',
        file?.key ?? '',
        ...Array.from({ length: 98 }, (_, index) => `uploads/${index}`),
      ];
      expect(await deleteMany(client, keys)).toMatchObject({ deleted: 1, failed: 99, reclaimedBytes: 1 });
    });

    test('by many concurrent calls frees the space once', async () => {
      const running = await server();
      const client = await newList('1', '2', '3');
      const keys = (await list(client)).files.map(({ key }) => key);
      const answers = await Promise.all(Array.from({ length: 8 }, () => deleteMany(client, keys)));
      expect(answers.reduce((sum, { deleted }) => sum + deleted, 0)).toBe(3);
      expect(answers.reduce((sum, { reclaimedBytes }) => sum + reclaimedBytes, 0)).toBe(3);
      expect(await usageOf(running, client.key)).toEqual(nothing);
    });
  });
}
