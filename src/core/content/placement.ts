import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { tooLarge } from '../failure.ts';
import { OutcomeUnknown } from '../outcome-unknown.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { BlobJournal } from '../ports/content/blob-journal.ts';
import type { BlobStore, ByteRange } from '../ports/content/blob-store.ts';
import type { ObjectContent, PlacedContent, SizedContent, StoredContent } from '../ports/content/content.ts';
import type { AnonymousRoom } from './anonymous-room.ts';
import { type Blocks, digestOf } from './blocks.ts';
import { oneChunk, resumed } from './chunks.ts';
import { CountedBytes, type IncomingBytes } from './counted-bytes.ts';
import { type JournaledWriting, type Publish, settled, throughJournal } from './journaled-write.ts';
import { partsStream } from './parts-stream.ts';
import { Readers } from './readers.ts';
import type { Room, ServerRoom } from './room.ts';

type PlacementSettings = {
  /** The maximum size of inline content (bytes). */
  inlineLimit: number;
  /** The lease of a journal record (ms). */
  leaseTime: number;
  /** How long content in parts can be read (ms); no limit if only this process removes blobs. */
  longestRead?: number;
};

type PlacementDeps = {
  settings: PlacementSettings;
  blobs: BlobStore;
  journal: BlobJournal;
  capacity: ServerRoom;
  clock: Clock;
  timers: Timers;
  anonymousRoom?: AnonymousRoom;
  blocks?: Blocks;
};

/**
 * Decides where content is stored, and writes it there. Small content is inline. Larger content becomes a blob, with a
 * journal record first, so that a crash never leaves an orphan.
 */
export class Placement {
  /** The blobs in use by readers of content in parts, which the sweep must not remove. */
  readonly readers: Readers;
  readonly #deps: PlacementDeps;
  readonly #writing: JournaledWriting;

  constructor(deps: PlacementDeps) {
    const { journal, clock, timers, settings } = deps;
    this.#deps = deps;
    this.readers = new Readers({ longest: settings.longestRead, timers });
    this.#writing = { journal, clock, timers, leaseTime: settings.leaseTime };
  }

  /**
   * Places content that is in memory. `publish` writes the row. If it reports a lost lease, the blob is removed.
   *
   * @param size The size in UTF-8 (bytes).
   * @param room Room that the content takes in addition to that of the server.
   */
  async storeWhole<T>(data: string | Uint8Array, size: number, publish: Publish<T>, room?: Room): Promise<T> {
    const isText = typeof data === 'string' || isUtf8(data);
    if (this.#deps.blocks?.isActive) await this.#deps.blocks.require(digestOf(data));
    const { capacity, settings } = this.#deps;
    const elsewhere = this.#isElsewhere(size);
    const isInline = size <= settings.inlineLimit;
    const taken = isInline ? size + capacity.rowBytes : size;
    const admitted = capacity.admit(taken, elsewhere);
    if (admitted) await admitted;
    let held = 0;
    try {
      const waits = room?.admit(size);
      if (waits) await waits;
      held = size;
      if (isInline) return settled(await publish({ content: inline(data, isText), size, isText }));
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      return await throughJournal(
        this.#writing,
        async (key) => {
          await this.#deps.blobs.write(key, oneChunk(bytes), size);
          return { content: { kind: 'blob', key }, size, isText };
        },
        publish,
      );
    } finally {
      capacity.settle(taken, 0, elsewhere);
      room?.settle(held);
    }
  }

  /**
   * Places streamed content. At most the inline limit is buffered.
   *
   * @throws Failure `too_large`, `invalid` if the length is not the declared one, `no_room`; or an error of `chunks`.
   *   After an error nothing is stored.
   */
  async storeStream<T>(incoming: IncomingBytes, publish: Publish<T>): Promise<T> {
    const { declaredSize, limit, asBlob = false, room } = incoming;
    const { capacity } = this.#deps;
    if (declaredSize !== undefined && declaredSize > limit) throw tooLarge('Content', limit);
    // Without a length the place is not known yet: assume this machine's disk.
    const elsewhere = declaredSize !== undefined && this.#isElsewhere(declaredSize, asBlob);
    // Content that cannot fit is rejected at once. Room is taken only as the bytes arrive.
    if (declaredSize !== undefined) await capacity.look(declaredSize, elsewhere);
    if (room && declaredSize !== undefined) await room.look(declaredSize);
    const isHashed = this.#deps.blocks?.isActive ?? false;
    const counted = new CountedBytes(incoming, capacity, { elsewhere, isHashed });
    const rowBytes = asBlob ? 0 : capacity.rowBytes;
    if (rowBytes > 0) await capacity.admit(rowBytes, elsewhere);
    try {
      const screened = this.#screened(publish, () => counted.digest());
      return await this.#storeCounted(counted, declaredSize, asBlob, screened);
    } finally {
      capacity.settle(counted.taken + rowBytes, counted.passed, elsewhere);
      room?.settle(counted.admitted);
    }
  }

  async #storeCounted<T>(
    counted: CountedBytes,
    declaredSize: number | undefined,
    asBlob: boolean,
    publish: Publish<T>,
  ): Promise<T> {
    const iterator = counted[Symbol.asyncIterator]();
    const head: Uint8Array[] = [];
    while (!asBlob && counted.size <= this.#deps.settings.inlineLimit) {
      const next = await iterator.next();
      if (next.done) {
        const bytes = Buffer.concat(head);
        return settled(
          await publish({
            content: inline(bytes, counted.isText),
            size: counted.size,
            isText: counted.isText,
          }),
        );
      }
      head.push(next.value);
    }
    return throughJournal(
      this.#writing,
      async (key) => {
        await this.#deps.blobs.write(key, resumed(head, iterator), declaredSize);
        return { content: { kind: 'blob', key }, size: counted.size, isText: counted.isText };
      },
      publish,
    );
  }

  /**
   * Places `size` bytes that are already in the blob store, by a copy to a new key. Takes no room: it was reserved
   * before.
   *
   * @param copy Copies to a key; false if the source is gone or has changed.
   * @param removeAgainAfter How long the copy may still run after we stopped waiting (ms).
   * @returns Undefined if nothing was copied.
   */
  async storeCopied<T>(
    size: number,
    copy: (key: string) => Promise<boolean>,
    publish: Publish<T>,
    removeAgainAfter: number,
  ): Promise<T | undefined> {
    try {
      return await throughJournal(
        this.#writing,
        async (key) => {
          if (!(await copy(key))) throw new NothingToCopy();
          return { content: { kind: 'blob', key }, size, isText: false };
        },
        this.#screened(publish),
        removeAgainAfter,
      );
    } catch (error) {
      if (error instanceof NothingToCopy) return undefined;
      throw error;
    }
  }

  /**
   * Places a copy of stored content of `size` bytes. The blob store copies a blob itself. Parts are joined into one
   * blob.
   *
   * @param removeAgainAfter How long the copy may still run after we stopped waiting (ms).
   * @throws BlobMissing if the content was removed or replaced in the meantime
   */
  async storeCopyOf<T>(
    content: ObjectContent,
    size: number,
    publish: Publish<T>,
    removeAgainAfter: number,
  ): Promise<T> {
    if (content.kind === 'inline') {
      // A copy, since a store may free the memory of what it receives, and this belongs to the database's row.
      const data = typeof content.data === 'string' ? content.data : new Uint8Array(content.data);
      return this.storeWhole(data, size, publish);
    }
    if (content.kind === 'parts') {
      const chunks = (await this.open({ content })) as unknown as AsyncIterable<Uint8Array>;
      return this.storeStream({ chunks, declaredSize: size, limit: size }, publish);
    }
    return this.whileAdmitted(size, () =>
      throughJournal(
        this.#writing,
        async (key) => {
          await this.#deps.blobs.copy(content.key, key);
          return { content: { kind: 'blob', key }, size, isText: false };
        },
        this.#screened(publish),
        removeAgainAfter,
      ),
    );
  }

  /** Runs `work`, which stores `size` bytes in the blob store. @throws Failure `no_room`, and what `work` throws */
  async whileAdmitted<T>(size: number, work: () => Promise<T>): Promise<T> {
    const elsewhere = this.#isElsewhere(size, true);
    await this.#deps.capacity.admit(size, elsewhere);
    try {
      const done = await work();
      this.#deps.capacity.settle(size, 0, elsewhere);
      return done;
    } catch (error) {
      // Repeated refusals by a quota must not take the room of others.
      if (error instanceof OutcomeUnknown) this.#deps.capacity.settle(size, 0, elsewhere);
      else this.#deps.capacity.giveBack(size, elsewhere);
      throw error;
    }
  }

  /** The additional room that content without a key takes; undefined for no limit. */
  get anonymousRoom(): Room | undefined {
    return this.#deps.anonymousRoom?.shared;
  }

  /** The additional room that content of an account takes; undefined for no limit. */
  roomOf(accountId: string): Promise<Room | undefined> {
    return this.#deps.anonymousRoom?.of(accountId) ?? Promise.resolve(undefined);
  }

  /** Checks for room without taking it. @throws Failure `no_room` */
  async requireRoom(bytes: number): Promise<void> {
    await this.#deps.capacity.look(bytes, this.#isElsewhere(bytes));
  }

  /**
   * Opens stored content, or a range of it.
   *
   * @throws BlobMissing if the row was removed or replaced in the meantime; BlobDamaged
   */
  async open(
    { content, size }: SizedContent,
    range?: ByteRange,
  ): Promise<Uint8Array | ReadableStream<Uint8Array>> {
    if (content.kind === 'blob') return this.#deps.blobs.open(content.key, range, size);
    if (content.kind === 'parts')
      return partsStream(content.parts, range, (...piece) => this.#deps.blobs.open(...piece), this.readers);
    const bytes = typeof content.data === 'string' ? Buffer.from(content.data) : content.data;
    return range ? bytes.subarray(range.start, range.end + 1) : bytes;
  }

  /** @throws Failure `blocked` */
  async requireUnblocked(content: ObjectContent): Promise<void> {
    if (this.#deps.blocks?.isActive) await this.#deps.blocks.require(await this.digest(content));
  }

  /** The SHA-256 of stored content. @throws BlobMissing */
  async digest(content: ObjectContent): Promise<Uint8Array> {
    if (content.kind === 'inline') return digestOf(content.data);
    const hash = createHash('sha256');
    for await (const chunk of (await this.open({ content })) as unknown as AsyncIterable<Uint8Array>)
      hash.update(chunk);
    return hash.digest();
  }

  /** Rejects blocked content before its row is written. @param digest Its SHA-256, if known. */
  #screened<T>(publish: Publish<T>, digest?: () => Uint8Array | undefined): Publish<T> {
    const screen = async (placed: PlacedContent, blocks: Blocks) => {
      await blocks.require(digest?.() ?? (await this.digest(placed.content)));
      return publish(placed);
    };
    // Checked after the bytes have arrived: the content may have been blocked in the meantime.
    return (placed) => (this.#deps.blocks?.isActive ? screen(placed, this.#deps.blocks) : publish(placed));
  }

  /** Whether content of this size goes to a store that is not on this machine's disk. */
  #isElsewhere(size: number, asBlob = false): boolean {
    return this.#deps.blobs.direct !== undefined && (asBlob || size > this.#deps.settings.inlineLimit);
  }
}

/** The source of a copy is gone or has changed. */
class NothingToCopy extends Error {}

/** Text is stored as text, so that serving it needs no decoding. */
function inline(data: string | Uint8Array, isText: boolean): StoredContent {
  return { kind: 'inline', data: isText && typeof data !== 'string' ? Buffer.from(data).toString() : data };
}
