import { describe, expect, test } from 'bun:test';
import {
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { newHashId } from '../../../src/core/ids.ts';
import { BlobMissing, type ListedBlob } from '../../../src/core/ports/content/blob-store.ts';
import { DiskBlobStore } from '../../../src/stores/blobs/disk.ts';
import { failureOf } from '../../core/failure-of.ts';
import { blobStoreContract } from '../../ports/blob-store.contract.ts';
import { chunksOf, content } from '../../ports/blobs/content.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { mountTmpfs, temporaryDirectory } from '../../support/temporary-directory.ts';

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

blobStoreContract('blobs on disk', async () => {
  const folder = temporaryDirectory('blobs');
  return {
    store: await DiskBlobStore.open(folder),
    traces: async (key) => filesIn(folder).filter((name) => name.includes(key)),
  };
});

describe('blobs on disk', () => {
  test('outlive the store object that wrote them', async () => {
    const folder = temporaryDirectory('blobs');
    const key = newHashId();
    await (await DiskBlobStore.open(folder)).write(key, chunksOf(1000));
    const again = await DiskBlobStore.open(folder);
    expect((await new Response(await again.open(key)).bytes()).length).toBe(1000);
  });

  test('are copied as a link to the same file', async () => {
    const folder = temporaryDirectory('blobs');
    const store = await DiskBlobStore.open(folder);
    const [key, copy] = [newHashId(), newHashId()];
    await store.write(key, chunksOf(100_000));
    await store.copy(key, copy);
    const [file, copied] = [key, copy].map((name) => statSync(join(folder, name.slice(0, 2), name)));
    expect(copied?.ino).toBe(file?.ino);
    // An existing name is not replaced.
    await expect(store.copy(key, copy)).rejects.toThrow('EEXIST');
  });

  test('are found in a new folder whose path contains ..', async () => {
    const folder = join(temporaryDirectory('blobs'), 'deep', 'down', '..', 'blobs');
    const store = await DiskBlobStore.open(folder);
    const key = newHashId();
    await store.write(key, chunksOf(10));
    expect((await new Response(await store.open(key)).bytes()).length).toBe(10);
  });

  test('are not visible while they are partial, and the rest of a crashed write is removed', async () => {
    const folder = temporaryDirectory('blobs');
    const store = await DiskBlobStore.open(folder);
    const key = newHashId();
    writeFileSync(join(folder, key.slice(0, 2), `${key}.partial`), 'half');
    await expect(store.open(key)).rejects.toThrow('blob missing');
    await store.remove(key);
    expect(filesIn(folder)).toEqual([]);
  });

  test('leave no file open, however a read ends', async () => {
    const folder = temporaryDirectory('blobs');
    const store = await DiskBlobStore.open(folder);
    const key = newHashId();
    await store.write(key, chunksOf(2_000_000));
    const ends: ((stream: ReadableStream<Uint8Array>) => Promise<unknown>)[] = [
      (stream) => new Response(stream).bytes(),
      (stream) => stream.cancel(),
      async (stream) => {
        const reader = stream.getReader();
        await reader.read();
        await reader.cancel();
      },
      async (stream) => {
        const reader = stream.getReader();
        const read = reader.read().catch(() => undefined);
        await reader.cancel();
        await read;
      },
    ];
    for (const end of ends) for (let round = 0; round < 10; round += 1) await end(await store.open(key));
    await expect(store.write(newHashId(), chunksOf(500_000, { failsAt: 300_000 }))).rejects.toThrow('failed');
    expect(openFilesIn(folder)).toEqual([]);
  });

  test('whose folder is missing fail with store_away, and are available again with it', async () => {
    const parent = temporaryDirectory('blobs');
    const folder = join(parent, 'blobs');
    const store = await DiskBlobStore.open(folder);
    renameSync(folder, join(parent, 'away'));
    expect((await failureOf(() => store.write(newHashId(), chunksOf(10)))).code).toBe('store_away');
    await expect(store.ping()).rejects.toThrow();
    expect((await failureOf(() => store.list()[Symbol.asyncIterator]().next())).code).toBe('store_away');
    renameSync(join(parent, 'away'), folder);
    await store.ping();
    await store.write(newHashId(), chunksOf(10));
    expect(filesIn(folder).length).toBe(1);
  });

  test('are listed without foreign files', async () => {
    const folder = temporaryDirectory('blobs');
    const store = await DiskBlobStore.open(folder);
    const [key, half, folded] = [newHashId(), newHashId(), newHashId()];
    await store.write(key, chunksOf(1000));
    writeFileSync(join(folder, half.slice(0, 2), `${half}.partial`), 'half');
    mkdirSync(join(folder, folded.slice(0, 2), folded));
    symlinkSync(join(folder, key.slice(0, 2), key), join(folder, 'ab', `ab${newHashId().slice(2)}`));
    // In another key's folder, of another length, with other characters, and not a file.
    for (const name of [`12${key.slice(2)}`, `ab${key}`, `ab${key.slice(3)}X`, '.ab', 'ab.partial', 'README'])
      writeFileSync(join(folder, 'ab', name), 'other');
    writeFileSync(join(folder, key), 'other');
    const listed: ListedBlob[] = [];
    for await (const blob of store.list()) listed.push(blob);
    expect(listed.sort((one) => (one.key === key ? -1 : 1))).toEqual([
      { key, size: 1000 },
      { key: half, size: undefined },
    ]);
    for await (const { key } of store.list()) if (key) break;
    expect(openFilesIn(folder)).toEqual([]);
  });

  test('that cannot be removed are reported, for a retry', async () => {
    const folder = temporaryDirectory('blobs');
    const store = await DiskBlobStore.open(folder);
    const key = newHashId();
    // A folder, which cannot be removed as a file.
    mkdirSync(join(folder, key.slice(0, 2), key));
    await expect(store.remove(key)).rejects.toThrow();
    rmSync(join(folder, key.slice(0, 2), key), { recursive: true });
    await store.remove(key);
  });
});

function openFilesIn(folder: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        return '';
      }
    })
    .filter((path) => path.startsWith(folder));
}

await suiteWith(['tmpfs'], 'blobs on a full disk', () => {
  test('are rejected with no_room, leave nothing behind, and succeed once there is room', async () => {
    const tmpfs = mountTmpfs(4 * 1024 * 1024);
    if (!tmpfs) throw new Error('no tmpfs');
    const store = await DiskBlobStore.open(join(tmpfs.path, 'blobs'));
    const { bavail, bsize } = statfsSync(tmpfs.path);
    expect(await store.freeSpace()).toBe(bavail * bsize);
    const kept = newHashId();
    await store.write(kept, chunksOf(3_000_000));
    const refused = newHashId();
    expect((await failureOf(() => store.write(refused, chunksOf(3_000_000)))).code).toBe('no_room');
    expect(filesIn(tmpfs.path)).toEqual([kept]);
    await store.remove(kept);
    await store.write(refused, chunksOf(3_000_000));
    expect(filesIn(tmpfs.path)).toEqual([refused]);
    tmpfs.unmount();
  });
});

await suiteWith(['tmpfs'], 'blobs in folders of more than one file system', () => {
  /** A store whose folder for copies is on another file system, so that links are impossible. */
  async function opened(room: number) {
    const tmpfs = mountTmpfs(room);
    if (!tmpfs) throw new Error('no tmpfs');
    const folder = temporaryDirectory('blobs');
    symlinkSync(tmpfs.path, join(folder, 'ab'));
    const store = await DiskBlobStore.open(folder);
    const [key, copy] = [`12${newHashId().slice(2)}`, `ab${newHashId().slice(2)}`];
    await store.write(key, chunksOf(3_000_000));
    return { tmpfs, folder, store, key, copy };
  }

  test('are copied by their bytes, which outlive the original', async () => {
    const { tmpfs, folder, store, key, copy } = await opened(4 * 1024 * 1024);
    await store.copy(key, copy);
    expect(filesIn(folder).sort()).toEqual([key, copy]);
    await store.remove(key);
    const bytes = await new Response(await store.open(copy)).bytes();
    expect(Buffer.from(bytes).equals(content(0, 3_000_000))).toBe(true);
    await expect(store.copy(key, `ab${newHashId().slice(2)}`)).rejects.toBeInstanceOf(BlobMissing);
    expect(filesIn(folder)).toEqual([copy]);
    tmpfs.unmount();
  });

  test('are not copied if there is no room, and leave nothing behind', async () => {
    const { tmpfs, store, key, copy } = await opened(1024 * 1024);
    expect((await failureOf(() => store.copy(key, copy))).code).toBe('no_room');
    expect(filesIn(tmpfs.path)).toEqual([]);
    tmpfs.unmount();
  });
});
