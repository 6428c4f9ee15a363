import { describe, expect, test } from 'bun:test';
import { waitFor } from '../../../support/wait-for.ts';
import { answered } from '../../expected-answers.ts';
import type { FileServerOf } from '../../file-server.ts';
import {
  type Base,
  type Client,
  call,
  exampleText,
  expectError,
  type File,
  list,
  newClient,
  uploaded,
} from '../client.ts';

type Download = { download_url: string; expires_at?: string };
type Stats = {
  id: string;
  visibility: 'public' | 'private';
  download_count: number;
  last_downloaded_at: string | null;
  size_bytes: number;
  created_at: string;
};

const download = (client: Client, { id }: File): Promise<Download> =>
  answered(call(client, 'GET', `/files/${id}/download`));
const stats = (client: Client, { id }: File): Promise<Stats> =>
  answered(call(client, 'GET', `/files/${id}/stats`));
const addressOf = ({ url }: Client, { public_name }: File) => `${url}/f/${public_name}`;
const inAnHour = () =>
  new Date(Math.ceil(Date.now() / 1000 + 3600) * 1000).toISOString().replace('.000Z', 'Z');

/** The extensions of docs/contract/putput.md, "Presigned uploads": the fields of the service's own client library. */
export function attributes(server: FileServerOf, base: Base): void {
  const newFile = async (fields: Record<string, unknown> = {}): Promise<[Client, File]> => {
    const client = await newClient((await server()).url, base);
    return [client, await uploaded(client, fields)];
  };

  describe('attributes', () => {
    test('are returned unchanged, at once and in the list', async () => {
      const given = {
        visibility: 'public',
        prefix: 'photos/2026 ü',
        metadata: { album: 'Été', empty: '', __proto: 'x' },
        tags: ['red', 'blue', '😀'],
        expires_at: inAnHour(),
      };
      const [client, file] = await newFile(given);
      expect({ ...file }).toMatchObject(given);
      expect((await list(client)).files).toEqual([file]);
    });

    test('may be ten pairs, ten tags of 50 characters and a prefix of 255', async () => {
      const metadata = Object.fromEntries(
        Array.from({ length: 10 }, (_, index) => [`key${index}`, 'v'.repeat(100)]),
      );
      const tags = Array.from({ length: 10 }, (_, index) => `${index}`.padEnd(50, 't'));
      const given = { metadata, tags, prefix: 'p'.repeat(255) };
      expect((await newFile(given))[1]).toMatchObject(given);
    });

    test('have an expiry in UTC, and without one a file expires with its guest', async () => {
      const utc = inAnHour();
      const local = new Date(Date.parse(utc) + 2 * 3_600_000).toISOString().replace('.000Z', '+02:00');
      expect((await newFile({ expires_at: local }))[1].expires_at).toBe(utc);
      const [, file] = await newFile();
      expect(Math.abs(Date.parse(file.expires_at ?? '') - Date.now() - 30 * 86_400_000)).toBeLessThan(60_000);
    });
  });

  describe('private files', () => {
    test('have no public_url, and their URL responds like one of an unknown file', async () => {
      const [client, file] = await newFile({ visibility: 'private' });
      expect({ ...file }).toMatchObject({ visibility: 'private', public_url: null });
      const nowhere = await fetch(`${client.url}/f/${'0'.repeat(32)}/api-docs-test.txt`);
      const unknown = await nowhere.text();
      for (const headers of [
        {},
        { Range: 'bytes=0-1' },
        { 'If-None-Match': '*' },
        { Authorization: `Bearer ${client.token}` },
      ]) {
        const response = await fetch(addressOf(client, file), { headers: headers as Record<string, string> });
        expect(await response.clone().text()).toBe(unknown);
        await expectError(response, 'FILE_NOT_FOUND');
      }
      expect((await fetch(addressOf(client, file), { method: 'HEAD' })).status).toBe(404);
    });

    test('can be read at the download_url for an hour, and not cached by shared caches', async () => {
      const [client, file] = await newFile({ visibility: 'private' });
      const { download_url, expires_at } = await download(client, file);
      expect(new URL(download_url).pathname).toBe(`/f/${file.public_name}`);
      expect(Math.abs(Date.parse(expires_at ?? '') - Date.now() - 3_600_000)).toBeLessThan(30_000);
      const response = await fetch(download_url);
      expect(await response.text()).toBe(exampleText);
      expect(response.headers.get('cache-control')).toMatch(/^private, max-age=\d+$/);
      const part = await fetch(download_url, { headers: { Range: 'bytes=0-4' } });
      expect([part.status, await part.text()]).toEqual([206, exampleText.slice(0, 5)]);
    });

    test('are FORBIDDEN at an altered URL', async () => {
      const [client, file] = await newFile({ visibility: 'private' });
      const other = await uploaded(client, { visibility: 'private' });
      const { download_url } = await download(client, file);
      const { search, searchParams } = new URL(download_url);
      const change = (name: string, value: string) => {
        const url = new URL(download_url);
        url.searchParams.set(name, value);
        return url.href;
      };
      const signature = searchParams.get('signature') ?? '';
      const expires = Number(searchParams.get('expires'));
      for (const address of [
        change('signature', (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)),
        change('signature', signature.slice(0, -1)),
        change('signature', ''),
        change('expires', String(expires + 1)),
        change('expires', String(Date.now() - 1000)),
        change('expires', ''),
        change('expires', '-1'),
        addressOf(client, other) + search,
      ]) {
        expect(address).not.toBe(download_url);
        await expectError(await fetch(address), 'FORBIDDEN');
      }
    });

    test('that are deleted are not found at their download_url either', async () => {
      const [client, file] = await newFile({ visibility: 'private' });
      const { download_url } = await download(client, file);
      await answered(call(client, 'DELETE', `/files/${file.id}`));
      await expectError(await fetch(download_url), 'FILE_NOT_FOUND');
    });
  });

  describe('downloads', () => {
    test('of a public file are at its public_url, without an expiry', async () => {
      const [client, file] = await newFile();
      expect(await download(client, file)).toEqual({ download_url: file.public_url ?? '' });
    });

    test('are counted once for each read from the start, and not for HEAD and 304', async () => {
      const [client, file] = await newFile();
      const address = file.public_url ?? '';
      expect(await stats(client, file)).toMatchObject({ download_count: 0, last_downloaded_at: null });
      const { headers } = await fetch(address, { method: 'HEAD' });
      await fetch(address, { headers: { 'If-None-Match': headers.get('etag') ?? '' } });
      await fetch(address, { headers: { Range: 'bytes=5-9' } });
      for (let read = 0; read < 3; read += 1) await (await fetch(address)).text();
      const counted = await waitFor('the count', async () => {
        const found = await stats(client, file);
        return found.download_count >= 3 && found;
      });
      expect({ ...counted }).toEqual({
        id: file.id,
        visibility: 'public',
        download_count: 3,
        last_downloaded_at: expect.stringMatching(/Z$/),
        size_bytes: 20,
        created_at: file.created_at,
      });
      expect((await list(client)).files[0]?.download_count).toBe(3);
    });
  });
}
