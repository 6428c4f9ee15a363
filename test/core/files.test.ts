import { beforeEach, describe, expect, test } from 'bun:test';
import type { StoredAccount } from '../../src/core/ports/accounts/account-store.ts';
import { failureOf } from './failure-of.ts';
import { bytes, bytesIn, type FileCore, hour, nothingHeld, nothingUsed, openFileCore } from './file-core.ts';

const blob = bytes(5000);

let core: FileCore;
let account: StoredAccount;
let other: StoredAccount;
beforeEach(async () => {
  core = await openFileCore();
  account = await core.account('one');
  other = await core.account('two');
});

const codeOf = async (work: () => unknown) => (await failureOf(work)).code;
const inTime = (milliseconds: number) => new Date(core.time.now + milliseconds).toISOString();

async function files(count: number, given: Parameters<FileCore['file']>[2] = {}, of = account) {
  const made: string[] = [];
  for (let n = 0; n < count; n += 1) made.push((await core.file(of, bytes(10), given)).id);
  return made;
}

describe('a file', () => {
  test('is found only by its account, by its id and by its key', async () => {
    const file = await core.file(account, blob);
    expect(await core.objects.find(account, file.id)).toEqual(file);
    expect(await core.objects.findByKey(account, file.key)).toEqual(file);
    for (const find of [
      () => core.objects.find(other, file.id),
      () => core.objects.findByKey(other, file.key),
      () => core.objects.find(account, 'unknown'),
      () => core.objects.find(account, ''),
      () => core.objects.findByKey(account, `${file.key}x`),
    ])
      expect(await codeOf(find)).toBe('not_found');
  });

  test('is not found from the millisecond of its expiry, in any way, swept or not', async () => {
    const file = await core.file(account, blob, { expiryTime: inTime(1000) });
    const grant = core.objects.grant(file);
    core.time.now += 999;
    expect((await core.objects.find(account, file.id)).id).toBe(file.id);
    expect((await core.objects.findPublic(file.key, undefined)).id).toBe(file.id);
    core.time.now += 1;
    for (const swept of [false, true]) {
      if (swept) await core.sweeper.run();
      for (const ask of [
        () => core.objects.find(account, file.id),
        () => core.objects.findByKey(account, file.key),
        () => core.objects.findPublic(file.key, undefined),
        () => core.objects.remove(file),
      ])
        expect(await codeOf(ask)).toBe('not_found');
      expect(await codeOf(() => core.objects.findPublic(file.key, grant))).toBe('forbidden');
      expect((await core.objects.list(account, {})).entries).toEqual([]);
    }
    expect(await core.held()).toEqual(nothingHeld);
    expect(await core.usage(account)).toEqual(nothingUsed);
  });

  test('is removed once, also by two concurrent calls, and its room and usage are given back', async () => {
    const file = await core.file(account, blob);
    const both = await Promise.allSettled([core.objects.remove(file), core.objects.remove(file)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await core.usage(account)).toEqual(nothingUsed);
    expect(await codeOf(() => core.objects.open(file))).toBe('not_found');
    await core.sweeper.run();
    expect(await core.held()).toEqual(nothingHeld);
  });

  test('whose blob is missing is not found; one whose store is unavailable is not lost', async () => {
    const file = await core.file(account, blob);
    core.blobs.away = true;
    expect(await codeOf(() => core.objects.open(file))).toBe('store_away');
    core.blobs.away = false;
    expect(await bytesIn(await core.objects.open(file))).toEqual(blob);
    const content = await core.stores.objects.content(file.id);
    if (content?.kind !== 'blob') throw new Error('no blob');
    await core.blobs.remove(content.key);
    expect(await codeOf(() => core.objects.open(file))).toBe('not_found');
  });

  test.each([10, 5000])('of %d bytes is read as a whole and in ranges', async (size) => {
    const content = bytes(size);
    const file = await core.file(account, content);
    expect(await bytesIn(await core.objects.open(file))).toEqual(content);
    for (const [start, end] of [
      [0, 0],
      [1, 5],
      [size - 1, size - 1],
      [0, size - 1],
    ] as const)
      expect(await bytesIn(await core.objects.open(file, { start, end }))).toEqual(
        content.slice(start, end + 1),
      );
  });
});

describe('a public URL', () => {
  test('finds a public file only by its exact key', async () => {
    for (const keyPrefix of ['', 'uploads/'] as const) {
      const file = await core.file(account, blob, { keyPrefix });
      expect(await core.objects.findPublic(file.key, undefined)).toEqual(file);
      const [id = ''] = file.key.match(/[0-9a-f]{32}/) ?? [];
      for (const wrong of [
        ...['', '/', id, `${id}/`, `${id}/other.jpg`, `x/${file.key}`, `${file.key}/`, `/${file.key}`],
        ...[file.key.toUpperCase(), `${file.key}\n`, `uploads/uploads/${id}/photo.jpg`, `${id}/${file.key}`],
        keyPrefix === '' ? `uploads/${file.key}` : file.key.slice('uploads/'.length),
        file.key.replace(id, '0'.repeat(32)),
      ])
        expect([wrong, await codeOf(() => core.objects.findPublic(wrong, undefined))]).toEqual([
          wrong,
          'not_found',
        ]);
    }
  });

  test('of a private file responds like one that does not exist', async () => {
    const file = await core.file(account, blob, { isPublic: false });
    const hidden = await failureOf(() => core.objects.findPublic(file.key, undefined));
    const unknown = await failureOf(() => core.objects.findPublic(`${'0'.repeat(32)}/photo.jpg`, undefined));
    expect([hidden.code, hidden.message]).toEqual([unknown.code, unknown.message]);
  });
});

describe('a grant', () => {
  test('lets a private file be read for an hour, to the millisecond', async () => {
    const file = await core.file(account, blob, { isPublic: false });
    const grant = core.objects.grant(file);
    expect(grant.expiresAt).toBe(core.time.now + hour);
    core.time.now += hour - 1;
    expect(await core.objects.findPublic(file.key, grant)).toEqual(file);
    core.time.now += 1;
    expect(await codeOf(() => core.objects.findPublic(file.key, grant))).toBe('forbidden');
  });

  test('ends with its file', async () => {
    const file = await core.file(account, blob, { isPublic: false, expiryTime: inTime(1000) });
    expect(core.objects.grant(file).expiresAt).toBe(core.time.now + 1000);
  });

  test('is for one file, and invalid if it is altered, even for a public or a missing file', async () => {
    const file = await core.file(account, blob, { isPublic: false });
    const second = await core.file(account, blob, { isPublic: false });
    const open = await core.file(account, blob);
    const grant = core.objects.grant(file);
    for (const [key, given] of [
      [file.key, { ...grant, expiresAt: grant.expiresAt + 1 }],
      [file.key, { ...grant, expiresAt: Number.NaN }],
      [file.key, { ...grant, signature: '' }],
      [file.key, { ...grant, signature: core.objects.grant(second).signature }],
      [second.key, grant],
      [open.key, grant],
      ['unknown', grant],
    ] as const)
      expect(await codeOf(() => core.objects.findPublic(key, given))).toBe('forbidden');
    await core.objects.remove(file);
    expect(await codeOf(() => core.objects.findPublic(file.key, grant))).toBe('not_found');
  });

  test('is not interchangeable with the signature of a PUT', async () => {
    const { upload, target } = await core.reserve(account, { isPublic: false, size: 10 });
    if (target.kind !== 'here') throw new Error('no address here');
    await core.put(target, bytes(10));
    const file = await core.confirmations.confirm(account, upload.id);
    expect(await codeOf(() => core.objects.findPublic(file.key, target))).toBe('forbidden');
  });
});

describe('downloads', () => {
  const downloads = async (id: string) => {
    await core.objects.flush();
    const { downloads: count, lastDownloadAt } = await core.objects.find(account, id);
    return [count, lastDownloadAt];
  };

  test('are counted if reading begins at the start, with the time of the last one', async () => {
    const file = await core.file(account, blob);
    expect(await downloads(file.id)).toEqual([0, null]);
    for (let n = 0; n < 3; n += 1) await ((await core.objects.open(file)) as ReadableStream).cancel();
    core.time.now += 5;
    await bytesIn(await core.objects.open(file, { start: 0, end: 9 }));
    await bytesIn(await core.objects.open(file, { start: 10, end: 4999 }));
    expect(await downloads(file.id)).toEqual([4, core.time.now]);
    await bytesIn(await core.objects.open(file));
    expect(await downloads(file.id)).toEqual([5, core.time.now]);
  });

  test('are not counted if nothing could be opened', async () => {
    const file = await core.file(account, blob);
    core.blobs.away = true;
    await codeOf(() => core.objects.open(file));
    core.blobs.away = false;
    expect(await downloads(file.id)).toEqual([0, null]);
  });

  test('of a hundred concurrent readers count as a hundred', async () => {
    const file = await core.file(account, bytes(10));
    await Promise.all(Array.from({ length: 100 }, () => core.objects.open(file)));
    expect((await downloads(file.id))[0]).toBe(100);
  });
});

describe('a list', () => {
  const idsOf = async (request: Parameters<FileCore['objects']['list']>[1], of = account) => {
    const { entries: objects, cursor } = await core.objects.list(of, request);
    return { ids: objects.map(({ id }) => id), cursor };
  };

  test('has 50 files, newest first, and a cursor if there are more; up to 100 on request', async () => {
    const made = (await files(101)).reverse();
    const first = await idsOf({});
    expect(first.ids).toEqual(made.slice(0, 50));
    expect((await idsOf({ limit: 100 })).ids).toEqual(made.slice(0, 100));
    const second = await idsOf({ cursor: first.cursor ?? '' });
    expect(second.ids).toEqual(made.slice(50, 100));
    expect(await idsOf({ cursor: second.cursor ?? '' })).toEqual({ ids: made.slice(100), cursor: null });
  });

  test('that ends with the last file has no cursor, nor has an empty one', async () => {
    expect(await idsOf({})).toEqual({ ids: [], cursor: null });
    await files(3);
    expect((await idsOf({ limit: 3 })).cursor).toBeNull();
    expect((await idsOf({ limit: 2 })).cursor).toBeString();
  });

  test('continues from its cursor despite changes in between, and shows nothing twice', async () => {
    const made = (await files(6)).reverse();
    const { cursor } = await idsOf({ limit: 2 });
    await files(2);
    for (const index of [1, 2])
      await core.objects.remove(await core.objects.find(account, made[index] ?? ''));
    expect(await idsOf({ limit: 10, cursor: cursor ?? '' })).toEqual({ ids: made.slice(3), cursor: null });
  });

  test('is filtered by prefix and tag on every page', async () => {
    await files(2);
    const wanted = (await files(3, { prefix: 'a/b', tags: ['x', 'y'] })).reverse();
    await files(2, { prefix: 'b' }, other);
    const first = await idsOf({ limit: 2, prefix: 'a/', tag: 'y' });
    expect(first.ids).toEqual(wanted.slice(0, 2));
    const request = { limit: 2, prefix: 'a/', tag: 'y', cursor: first.cursor ?? '' };
    expect(await idsOf(request)).toEqual({ ids: wanted.slice(2), cursor: null });
  });

  test('takes no cursor of a list with another filter', async () => {
    await files(3, { prefix: 'a', tags: ['x'] });
    const filters = [{}, { prefix: 'a' }, { tag: 'x' }, { prefix: 'x' }, { prefix: 'a', tag: 'x' }];
    for (const filter of filters) {
      const { cursor } = await idsOf({ limit: 1, ...filter });
      if (cursor === null) continue;
      for (const other of filters.filter((each) => each !== filter))
        expect(await failureOf(() => idsOf({ ...other, cursor }))).toMatchObject({
          code: 'invalid',
          field: 'cursor',
        });
    }
  });

  test.each([0, -1, 101, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'of %d files is rejected',
    async (limit) => {
      expect(await failureOf(() => idsOf({ limit }))).toMatchObject({ code: 'invalid', field: 'limit' });
    },
  );

  test('accepts no cursor of another account, and no altered or forged one', async () => {
    await files(3);
    await files(3, {}, other);
    const { cursor } = await idsOf({ limit: 1 });
    const { cursor: others } = await idsOf({ limit: 1 }, other);
    const own = cursor ?? '';
    const swapped = `${own.slice(0, -1)}${own.endsWith('A') ? 'B' : 'A'}`;
    for (const wrong of [
      '',
      '1',
      'null',
      others ?? '',
      `${own}A`,
      own.slice(1),
      swapped,
      own.toLowerCase(),
      '😀',
    ])
      expect(await failureOf(() => idsOf({ cursor: wrong }))).toMatchObject({
        code: 'invalid',
        field: 'cursor',
      });
  });
});
