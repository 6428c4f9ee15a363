import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { tooLarge } from '../failure.ts';
import { type Blocks, digestOf } from '../operation/blocks.ts';
import type { BlobJournal } from '../ports/blob-journal.ts';
import type { BlobStore, ByteRange } from '../ports/blob-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { ObjectContent, PlacedContent, SizedContent, StoredContent } from '../ports/content.ts';
import type { AnonymousRoom, Room } from './anonymous-room.ts';
import type { Capacity } from './capacity.ts';
import { oneChunk, resumed } from './chunks.ts';
import { CountedBytes, type IncomingBytes } from './counted-bytes.ts';
import { type JournaledWriting, type Publish, settled, throughJournal } from './journaled-write.ts';
import { partsStream } from './parts-stream.ts';
import { Readers } from './readers.ts';

type PlacementSettings = {
  /** Content up to this many bytes lies beside its row. */
  inlineLimit: number;
  /** How long a writer's journal record is its own without renewal (ms). */
  leaseTime: number;
};

type PlacementDeps = {
  settings: PlacementSettings;
  blobs: BlobStore;
  journal: BlobJournal;
  capacity: Capacity;
  clock: Clock;
  timers: Timers;
  anonymous?: AnonymousRoom;
  blocks?: Blocks;
};

/**
 * The one place that decides where bytes live. Small content stays with its row, larger content goes to the
 * blob store behind a journal record, so that a crash at any point leaves a record and never an orphan.
 */
export class Placement {
  /** Whoever reads content in parts, for the sweep to mind. */
  readonly readers = new Readers();
  readonly #deps: PlacementDeps;
  readonly #writing: JournaledWriting;

  constructor(deps: PlacementDeps) {
    this.#deps = deps;
    this.#writing = {
      journal: deps.journal,
      clock: deps.clock,
      timers: deps.timers,
      leaseTime: deps.settings.leaseTime,
    };
  }

  /**
   * Places content that is in memory already, of `size` bytes in UTF-8. `publish` makes the
   * row. If it reports a lost lease, the blob is removed.
   *
   * @param room A budget that it counts against, beside the room of the server.
   */
  async storeWhole<T>(data: string | Uint8Array, size: number, publish: Publish<T>, room?: Room): Promise<T> {
    const isText = typeof data === 'string' || isUtf8(data);
    if (this.#deps.blocks?.isActive) await this.#deps.blocks.require(digestOf(data));
    const elsewhere = this.#isElsewhere(size);
    const admitted = this.#deps.capacity.admit(size, elsewhere);
    if (admitted) await admitted;
    let held = 0;
    try {
      const waits = room?.admit(size);
      if (waits) await waits;
      held = size;
      if (size <= this.#deps.settings.inlineLimit)
        return settled(await publish({ content: inline(data, isText), size, isText }));
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
      this.#deps.capacity.settle(size, 0, elsewhere);
      room?.settle(held);
    }
  }

  /**
   * Places content that streams in; no more than the inline limit of it is ever held.
   *
   * @throws Failure `too_large` past the limit, `invalid` where the length is not the declared one, `no_room`;
   *   or whatever `chunks` throws when it breaks off. In each case nothing is stored.
   */
  async storeStream<T>(incoming: IncomingBytes, publish: Publish<T>): Promise<T> {
    const { declaredSize, limit, asBlob = false, room } = incoming;
    if (declaredSize !== undefined && declaredSize > limit) throw tooLarge('Content', limit);
    // Of what comes without a length it is not known where it will lie: it is taken to pass the disk.
    const elsewhere = declaredSize !== undefined && this.#isElsewhere(declaredSize, asBlob);
    // What cannot fit by itself is refused at once; room is taken only as the bytes come.
    if (declaredSize !== undefined) await this.#deps.capacity.look(declaredSize, elsewhere);
    if (room && declaredSize !== undefined) await room.look(declaredSize);
    const isHashed = this.#deps.blocks?.isActive ?? false;
    const counted = new CountedBytes(incoming, this.#deps.capacity, { elsewhere, isHashed });
    try {
      return await this.#storeCounted(
        counted,
        declaredSize,
        asBlob,
        this.#screened(publish, () => counted.digest()),
      );
    } finally {
      this.#deps.capacity.settle(counted.taken, counted.passed, elsewhere);
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
   * Places `size` bytes that the blob store has already, by a copy within it to a key of their own. They have had
   * their room since they were reserved.
   *
   * @param copy Copies to a key; false where there is nothing to copy any more.
   * @param mayGoOnFor How long the store may go on with a copy that we have given up (ms).
   * @returns Undefined where nothing was copied.
   */
  async storeCopied<T>(
    size: number,
    copy: (key: string) => Promise<boolean>,
    publish: Publish<T>,
    mayGoOnFor: number,
  ): Promise<T | undefined> {
    try {
      return await throughJournal(
        this.#writing,
        async (key) => {
          if (!(await copy(key))) throw new NothingToCopy();
          return { content: { kind: 'blob', key }, size, isText: false };
        },
        this.#screened(publish),
        mayGoOnFor,
      );
    } catch (error) {
      if (error instanceof NothingToCopy) return undefined;
      throw error;
    }
  }

  /**
   * Places a copy of stored content of `size` bytes. Within the blob store a blob is copied without its bytes
   * passing here; parts become one.
   *
   * @param mayGoOnFor How long the store may go on with a copy that we have given up (ms).
   * @throws BlobMissing where the content was removed or replaced meanwhile
   */
  async storeCopyOf<T>(
    content: ObjectContent,
    size: number,
    publish: Publish<T>,
    mayGoOnFor: number,
  ): Promise<T> {
    if (content.kind === 'inline') {
      // A store may free the memory of what it is given, and this is not ours to give.
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
        mayGoOnFor,
      ),
    );
  }

  /** Does something that makes `size` bytes of the blob store be stored. @throws Failure `no_room` */
  async whileAdmitted<T>(size: number, work: () => Promise<T>): Promise<T> {
    const elsewhere = this.#isElsewhere(size, true);
    await this.#deps.capacity.admit(size, elsewhere);
    try {
      const done = await work();
      this.#deps.capacity.settle(size, 0, elsewhere);
      return done;
    } catch (error) {
      // A quota may refuse as often as it is asked: that must not take the room of others.
      this.#deps.capacity.giveBack(size, elsewhere);
      throw error;
    }
  }

  /** The budget that content counts against which is created without a key; undefined where there is none. */
  get anonymousRoom(): Room | undefined {
    return this.#deps.anonymous?.shared;
  }

  /** The budget that an account's content counts against beside its quota; undefined where there is none. */
  roomOf(accountId: string): Promise<Room | undefined> {
    return this.#deps.anonymous?.of(accountId) ?? Promise.resolve(undefined);
  }

  /** Whether so many bytes could come in now. @throws Failure `no_room` */
  requireRoom(bytes: number): Promise<void> {
    return this.#deps.capacity.look(bytes, this.#isElsewhere(bytes));
  }

  /**
   * Opens stored bytes, whole or a range.
   *
   * @throws BlobMissing where the blob is gone: the row was removed or replaced meanwhile; BlobDamaged
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

  /** Refuses stored content that is about to be shown, where it is blocked. @throws Failure `blocked` */
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

  /** Looks at content before its row is made. @param digest Its SHA-256, where that is known. */
  #screened<T>(publish: Publish<T>, digest?: () => Uint8Array | undefined): Publish<T> {
    const screen = async (placed: PlacedContent, blocks: Blocks) => {
      await blocks.require(digest?.() ?? (await this.digest(placed.content)));
      return publish(placed);
    };
    // Asked when the bytes are there: content may have been blocked since they began to come.
    return (placed) => (this.#deps.blocks?.isActive ? screen(placed, this.#deps.blocks) : publish(placed));
  }

  /** Whether so many bytes go to a store that is not on this machine's disk. */
  #isElsewhere(size: number, asBlob = false): boolean {
    return this.#deps.blobs.direct !== undefined && (asBlob || size > this.#deps.settings.inlineLimit);
  }
}

/** What was to be copied is gone or has changed. */
class NothingToCopy extends Error {}

/** Text is kept as text: it is read back as it is served, without decoding. */
function inline(data: string | Uint8Array, isText: boolean): StoredContent {
  return { kind: 'inline', data: isText && typeof data !== 'string' ? Buffer.from(data).toString() : data };
}
