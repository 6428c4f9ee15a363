import { Failure } from '../../../src/core/failure.ts';
import { newHashId } from '../../../src/core/ids.ts';
import { newPayloadId } from '../../../src/core/payloads/payload-id.ts';
import type { StoredBucket } from '../../../src/core/ports/buckets/bucket-store.ts';
import type { NewObject } from '../../../src/core/ports/buckets/object-writes.ts';
import type { PlacedContent } from '../../../src/core/ports/content/content.ts';
import { ownSizes, type StoredUpload } from '../../../src/core/ports/files/upload-store.ts';
import type { PlacedPayload } from '../../../src/core/ports/payload-store.ts';
import {
  blobContent,
  bookingOf,
  inlineContent,
  noQuota,
  someAccount,
  someConfirmation,
  someUpload,
} from '../../ports/some-object.ts';
import type { TemporaryStores } from './open-postgres-stores.ts';

const minute = 60_000;

const random = (limit: number) => Math.floor(Math.random() * limit);

class NothingThere extends Error {}

function pick<Item>(items: readonly Item[]): Item {
  const item = items[random(items.length)];
  if (item === undefined) throw new NothingThere();
  return item;
}

const chance = (share: number) => Math.random() < share;

/** Accounts, buckets and keys that all callers share, and a clock that they move. */
export class WriteMix {
  now = Math.floor(Date.now() / (60 * minute)) * 60 * minute;
  readonly accounts = [
    someAccount({ name: newHashId() }),
    someAccount(),
    someAccount({ name: newHashId() }),
    someAccount({ expiresAt: this.now + 24 * 60 * minute }),
  ];
  readonly bucketNames = Array.from({ length: 4 }, () => newHashId());
  buckets: StoredBucket[] = [];
  payloads: string[] = [];
  uploads: StoredUpload[] = [];
  /** Every key of a blob that was reserved, and those that a sweep removed. */
  readonly reserved = new Set<string>();
  readonly removed = new Set<string>();
  readonly wrong: string[] = [];
}

const quota = () => (chance(0.5) ? noQuota : { maxStoredBytes: 4000, maxObjects: 12 });
const noEvents = () => [];
const options = { admit: () => undefined, events: noEvents, expiredEvents: noEvents };

/** One caller of one node. */
export class MixedWriter {
  readonly #mix: WriteMix;
  readonly #stores: TemporaryStores;

  constructor(mix: WriteMix, stores: TemporaryStores) {
    this.#mix = mix;
    this.#stores = stores;
  }

  /** Makes random calls. A call for which the others have left nothing is skipped. */
  async run(steps: number): Promise<void> {
    const calls: [string, () => Promise<unknown>][] = [
      ['payload', () => this.#insertPayload()],
      ['payload', () => this.#insertPayload()],
      ['take', () => this.#stores.payloads.takeRead(pick(this.#mix.payloads), this.#mix.now, newHashId())],
      ['remove', () => this.#stores.payloads.remove(pick(this.#mix.payloads), this.#mix.now)],
      ['put', () => this.#put()],
      ['put', () => this.#put()],
      ['removeObject', () => this.#removeObject()],
      ['removeMany', () => this.#removeMany()],
      ['start', () => this.#start()],
      ['start', () => this.#start()],
      ['receive', () => this.#receive()],
      ['receive', () => this.#receive()],
      ['part', () => this.#part()],
      ['part', () => this.#part()],
      ['complete', () => this.#complete()],
      ['complete', () => this.#complete()],
      ['abort', () => this.#stores.uploads.abort(this.#upload().id, this.#mix.now)],
      ['bucket', () => this.#insertBucket()],
      [
        'removeBucket',
        () =>
          chance(0.7)
            ? this.#insertBucket()
            : this.#stores.buckets.remove(pick(this.#mix.buckets).id, this.#mix.now, noEvents),
      ],
      ['clear', () => this.#stores.buckets.clear(pick(this.#mix.buckets).id, this.#mix.now, 5, noEvents)],
      ['claim', () => this.#claim()],
      ['expire', () => this.#expire()],
      ['expire', () => this.#expire()],
    ];
    for (let step = 0; step < steps; step += 1) {
      const [name, call] = pick(calls);
      this.#mix.now += chance(0.02) ? random(2 * minute) : random(200);
      await Promise.resolve()
        .then(call)
        .catch((error: unknown) => {
          const isExpected =
            error instanceof NothingThere ||
            (error instanceof Failure && ['bucket_not_found', 'store_away'].includes(error.code));
          if (!isExpected) this.#mix.wrong.push(`${name}: ${Bun.inspect(error)}`);
        });
    }
  }

  async #placed(size: number, asBlob = chance(0.5)): Promise<PlacedContent> {
    if (!asBlob) return inlineContent(size);
    const key = newHashId();
    await this.#stores.journal.reserve(key, this.#mix.now, pick([1000, 10 * minute]));
    this.#mix.reserved.add(key);
    return blobContent(key, size);
  }

  async #insertPayload() {
    const { now } = this.#mix;
    const expiresAt =
      now + pick([2000, minute, 3 * minute, 2 * 60 * minute, 2000 * minute, 500 * 60 * minute]);
    const placed = await this.#placed(1 + random(300), chance(0.3));
    const isOld = chance(0.1);
    const payload: PlacedPayload = {
      ...(placed as PlacedContent),
      id: isOld ? `f${newHashId().slice(1)}` : newPayloadId({ createdAt: now, expiresAt }),
      mediaType: 'text/plain',
      createdAt: now,
      expiresAt,
      readsLeft: chance(0.5) ? 1 + random(3) : null,
      deleteTokenHash: null,
      name: null,
      accountId: chance(0.4) ? pick(this.#mix.accounts).id : null,
    };
    const limit = payload.accountId === null ? undefined : quota();
    const outcome = await this.#stores.payloads.insert(payload, undefined, limit);
    if (chance(0.1)) await this.#stores.payloads.insert(payload, undefined, limit);
    this.#mix.payloads.push(payload.id);
    return outcome;
  }

  async #insertBucket() {
    const account = pick(this.#mix.accounts);
    const bucket: StoredBucket = {
      id: newHashId(),
      accountId: account.id,
      name: pick(this.#mix.bucketNames),
      isPublic: false,
      defaultTtl: null,
      createdAt: this.#mix.now,
    };
    const outcome = await this.#stores.buckets.insert(bucket, 3);
    if (outcome === 'inserted') this.#mix.buckets.push(bucket);
    return outcome;
  }

  #object(bucket: StoredBucket, id = newHashId()): NewObject {
    const { now } = this.#mix;
    return {
      bucket,
      id,
      key: `key ${random(5)}`,
      mediaType: 'text/plain',
      contentEncoding: null,
      metadata: {},
      digest: null,
      etag: newHashId(),
      at: now,
      expiresAt: chance(0.4) ? now + random(2 * minute) : null,
    };
  }

  async #put() {
    const placed = await this.#placed(random(400));
    return this.#stores.objectWrites.put(
      this.#object(pick(this.#mix.buckets.slice(-4))),
      placed,
      quota(),
      options,
    );
  }

  #removeObject() {
    const bucket = pick(this.#mix.buckets.slice(-4));
    return this.#stores.objectWrites.remove(bucket, `key ${random(5)}`, this.#mix.now, options);
  }

  #removeMany() {
    const keys = Array.from({ length: 4 }, () => `key ${random(5)}`);
    return this.#stores.objectWrites.removeMany(
      pick(this.#mix.buckets.slice(-4)),
      keys,
      this.#mix.now,
      options,
    );
  }

  async #start() {
    const { now } = this.#mix;
    const account = pick(this.#mix.accounts);
    const partSize = pick([null, 100, ownSizes]);
    const directKey = chance(0.4) ? newHashId() : null;
    const bucket = partSize === ownSizes ? pick(this.#mix.buckets.slice(-4)) : undefined;
    const upload = someUpload(account, {
      ...(bucket && { bucketId: bucket.id, accountId: bucket.accountId, key: 'an upload', publicId: null }),
      declaredSize: partSize === ownSizes ? 0 : 250,
      createdAt: now,
      expiresAt: now + pick([minute, 10 * minute]),
      partSize,
      directKey,
    });
    const outcome = await this.#stores.uploads.start(upload, quota(), upload.expiresAt + minute);
    if (outcome !== 'within') return outcome;
    if (directKey !== null) this.#mix.reserved.add(directKey);
    this.#mix.uploads.push(upload);
    return outcome;
  }

  #upload(): StoredUpload {
    return pick(this.#mix.uploads.slice(-12));
  }

  async #receive() {
    const upload = await this.#stores.uploads.find(this.#upload().id);
    if (upload?.partSize !== null || upload.directKey !== null) return undefined;
    return this.#stores.uploads.receive(upload.id, await this.#placed(250), this.#mix.now);
  }

  async #part() {
    const upload = this.#upload();
    if (upload.partSize === null) return undefined;
    const part = {
      number: 1 + random(3),
      size: upload.partSize === ownSizes ? random(300) : 100,
      etag: newHashId(),
    };
    const limits = { ...quota(), maxObjectBytes: 1000 };
    const { uploads } = this.#stores;
    if (upload.directKey === null) {
      const placed = await this.#placed(part.size, true);
      const arrived = { part, placed, ...(upload.partSize === ownSizes && { limits }) };
      return uploads.receivePart(upload.id, arrived, this.#mix.now);
    }
    if (upload.partSize !== ownSizes) return undefined;
    const booking = bookingOf(part);
    const booked = await uploads.bookPart(upload.id, booking, this.#mix.now, limits);
    if (booked !== 'booked') return booked;
    if (chance(0.2)) return uploads.unbookPart(upload.id, booking);
    return uploads.receivePart(upload.id, { part, booking }, this.#mix.now);
  }

  async #complete() {
    const upload = this.#upload();
    const { uploads } = this.#stores;
    const { now } = this.#mix;
    const parts = (await uploads.parts(upload.id)).map(({ number, size, etag }) => ({ number, size, etag }));
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    if (upload.partSize === ownSizes) {
      const bucket = this.#mix.buckets.find(({ id }) => id === upload.bucketId) as StoredBucket;
      const content =
        upload.directKey === null
          ? parts.filter(() => chance(0.8))
          : { content: { kind: 'blob' as const, key: upload.directKey }, size, isText: false };
      if (Array.isArray(content) && content.length === 0) return undefined;
      return uploads.completeObject(upload.id, this.#object(bucket, upload.id), content, options);
    }
    if (upload.directKey === null && upload.partSize !== null) return undefined;
    const direct = blobContent(upload.directKey ?? '', upload.declaredSize);
    const content =
      upload.directKey === null ? 'received' : chance(0.5) ? direct : await this.#placed(250, true);
    return uploads.completeFile(upload, content, someConfirmation({ at: now }));
  }

  #claim() {
    const { claimHash } = this.#mix.accounts[1] ?? someAccount();
    if (claimHash === null) return Promise.resolve('other');
    const terms = { email: 'a@example.com', plan: 'free', expiresAt: null };
    return this.#stores.accounts.claim(claimHash, terms, this.#mix.now);
  }

  async #expire() {
    const { payloads, objects, uploads, accounts, idempotency, journal } = this.#stores;
    const { now } = this.#mix;
    await payloads.expire(now, 20);
    await objects.expire(now, 20, noEvents);
    await uploads.expire(now, 20);
    await accounts.expire(now, 20);
    await idempotency.expire(now, 20);
    const claimed = await journal.claimDue(now, minute, 32);
    for (const { key } of claimed) this.#mix.removed.add(key);
    await journal.forget(claimed, now);
    return 'done';
  }
}
