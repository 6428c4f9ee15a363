import fc from 'fast-check';
import { newHashId } from '../../../src/core/ids.ts';
import type { NewAccount } from '../../../src/core/ports/accounts/account-store.ts';
import type { PlacedContent } from '../../../src/core/ports/content/content.ts';
import type { ReceiveOutcome, StoredUpload } from '../../../src/core/ports/files/upload-store.ts';
import type { ObjectStoreUnderTest } from '../../ports/object-store.contract.ts';
import { blobContent, inlineContent, someConfirmation, someUpload } from '../../ports/some-object.ts';
import { Books, bytesOf, type ModelUpload, sum } from './account-books.model.ts';

/** How an upload's bytes arrive: in one request or in parts, at this server or straight at the blob store. */
type Way = 'whole' | 'parts' | 'direct' | 'directParts';

export type Step = { kind: (typeof kinds)[number]; pick: number; size: number; odd: boolean; place: number };

const kinds = [
  ...['reserve', 'reserve', 'reserve', 'reserve', 'reserve', 'receive', 'receive', 'receive'],
  ...['receivePart', 'receivePart', 'receivePart', 'confirm', 'confirm', 'confirmParts', 'confirmParts'],
  ...['confirmDirect', 'abort', 'remove', 'tick', 'sweepUploads', 'sweepObjects'],
] as const;
const ways: Way[] = ['whole', 'whole', 'parts', 'direct', 'directParts'];

export const steps = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    pick: fc.nat(1000),
    size: fc.nat(60),
    /** The odd case: a claimed record, a wrong ETag, a part too few. */
    odd: fc.integer({ min: 0, max: 5 }).map((chance) => chance === 0),
    place: fc.nat(2),
  }),
  { minLength: 20, maxLength: 120, size: 'max' },
);

/** One account has a plan with tight limits, and the other one has no limits. */
export const quotas = [
  { maxStoredBytes: 150, maxObjects: 5 },
  { maxStoredBytes: null, maxObjects: null },
] as const;

type Outcome = { asked: Promise<unknown>; expected: unknown };

/** Runs steps on the real stores and on the model, and returns the results of both. */
export class BothBooks {
  readonly books = new Books();
  readonly #stores: ObjectStoreUnderTest;
  readonly #accounts: NewAccount[];

  constructor(stores: ObjectStoreUnderTest, accounts: NewAccount[]) {
    this.#stores = stores;
    this.#accounts = accounts;
  }

  /** Begins a step without waiting for the store. Steps that begin together are one transaction. */
  begin(step: Step): Outcome {
    return this[step.kind](step) ?? { asked: Promise.resolve(), expected: undefined };
  }

  reserve({ pick, size, place }: Step): Outcome {
    const account = this.#account(pick);
    const way = ways[pick % ways.length] as Way;
    const upload = someUpload(account, {
      declaredSize: size,
      createdAt: this.books.now,
      expiresAt: this.books.now + 1 + place * 20,
      partSize: way === 'parts' || way === 'directParts' ? 20 : null,
      directKey: way.startsWith('direct') ? newHashId() : null,
    });
    const quota = quotas[pick % 2] as (typeof quotas)[number];
    const expected = this.books.verdict(account, size, quota);
    if (expected === 'within') {
      this.books.uploads.set(upload.id, { upload, bytes: undefined });
      if (upload.directKey !== null) this.books.journal.set(upload.directKey, 'write');
    }
    return { asked: this.#stores.uploads.start(upload, quota, this.books.now + 1000), expected };
  }

  receive({ pick, place, odd }: Step): Outcome | undefined {
    const found = this.#upload(pick, ({ directKey, partSize }) => directKey === null && partSize === null);
    if (found === undefined) return undefined;
    const { id, declaredSize } = found.upload;
    const placed = this.#placed(declaredSize, place, odd);
    const expected = this.#takeInto(id, placed, () => {
      this.books.release(found.bytes);
      found.bytes = bytesOf(placed);
    });
    return { asked: this.#stores.uploads.receive(id, placed, this.books.now), expected };
  }

  receivePart({ pick, place, odd, size }: Step): Outcome | undefined {
    const found = this.#upload(pick, ({ directKey, partSize }) => directKey === null && partSize !== null);
    if (found === undefined) return undefined;
    const { id } = found.upload;
    const [number, etag] = [place + 1, newHashId()];
    const placed = this.#placed(size, 1, odd);
    const key = placed.content.kind === 'blob' ? placed.content.key : '';
    const expected = this.#takeInto(id, placed, () => {
      const parts = found.bytes && 'parts' in found.bytes ? found.bytes.parts : new Map();
      const before = parts.get(number);
      if (before) this.books.journal.set(before.key, 'remove');
      found.bytes = { parts: parts.set(number, { size, etag, key }) };
    });
    const part = { number, size: placed.size, etag };
    return { asked: this.#stores.uploads.receivePart(id, { part, placed }, this.books.now), expected };
  }

  confirm({ pick }: Step): Outcome | undefined {
    const found = this.#upload(pick, ({ partSize, directKey }) => partSize === null && directKey === null);
    if (found === undefined) return undefined;
    const { upload, bytes } = found;
    const confirmation = someConfirmation({ at: this.books.now, expiresAt: this.books.now + 5 });
    const isLive = this.books.live(upload.id) !== undefined;
    const made = isLive && bytes !== undefined && !('parts' in bytes);
    if (made) {
      this.books.uploads.delete(upload.id);
      const { accountId, declaredSize } = upload;
      this.books.objects.set(upload.id, {
        ...{ accountId, size: declaredSize, bytes, expiresAt: confirmation.expiresAt },
      });
    }
    const expected = made ? upload.declaredSize : isLive ? 'not_received' : 'upload_gone';
    return sized(this.#stores.uploads.completeFile(upload, 'received', confirmation), expected);
  }

  confirmParts({ pick, odd, place }: Step): Outcome | undefined {
    const found = this.#upload(pick, ({ directKey, partSize }) => directKey === null && partSize !== null);
    if (!found?.bytes || !('parts' in found.bytes)) return undefined;
    const { upload, bytes } = found;
    const all = [...bytes.parts].map(([number, { size, etag }]) => ({ number, size, etag }));
    const wanted = all.filter(({ number }) => number !== place).toSorted((a, b) => a.number - b.number);
    if (wanted.length === 0) return undefined;
    const confirmation = someConfirmation({ at: this.books.now, expiresAt: null });
    const asked = odd ? wanted.map((part) => ({ ...part, etag: 'another' })) : wanted;
    const isLive = this.books.live(upload.id) !== undefined;
    const made = !odd && isLive;
    const size = sum(wanted.map((part) => part.size));
    if (made) {
      this.books.uploads.delete(upload.id);
      for (const [number, { key }] of bytes.parts)
        if (number === place) {
          this.books.journal.set(key, 'remove');
          bytes.parts.delete(number);
        }
      this.books.objects.set(upload.id, { accountId: upload.accountId, size, bytes, expiresAt: null });
    }
    const expected = made ? size : isLive ? 'parts_changed' : 'upload_gone';
    return sized(this.#stores.uploads.completeFile(upload, asked, confirmation), expected);
  }

  confirmDirect({ pick, odd, size }: Step): Outcome | undefined {
    const found = this.#upload(pick, ({ directKey }) => directKey !== null);
    if (!found?.upload.directKey) return undefined;
    const { upload } = found;
    const own = upload.partSize === null ? undefined : upload.directKey;
    const placed = own === undefined ? this.#placed(size, 1, odd) : blobContent(own ?? '', size);
    const confirmation = someConfirmation({ at: this.books.now, expiresAt: this.books.now + 3 });
    const isLive = this.books.live(upload.id) !== undefined;
    const made = isLive && this.books.take(placed);
    if (made) {
      if (own === undefined && upload.directKey !== null) this.books.journal.set(upload.directKey, 'remove');
      this.books.uploads.delete(upload.id);
      this.#object(upload.id, upload.accountId, placed, confirmation.expiresAt);
    }
    const asked = this.#stores.uploads.completeFile(upload, placed, confirmation);
    return sized(asked, made ? size : isLive ? 'lease_lost' : 'upload_gone');
  }

  abort({ pick }: Step): Outcome | undefined {
    const found = this.#upload(pick, () => true);
    if (found === undefined) return undefined;
    const { id } = found.upload;
    const expected = this.books.uploads.has(id) ? 'aborted' : 'upload_gone';
    this.books.drop(id);
    return { asked: this.#stores.uploads.abort(id, this.books.now), expected };
  }

  remove({ pick }: Step): Outcome | undefined {
    const [id, object] = [...this.books.objects][pick % Math.max(1, this.books.objects.size)] ?? [];
    if (id === undefined || object === undefined) return undefined;
    const expected = object.expiresAt === null || object.expiresAt > this.books.now;
    if (expected) this.#drop(id);
    return { asked: this.#stores.objects.remove(id, this.books.now), expected };
  }

  tick({ size }: Step): undefined {
    this.books.now += size % 4;
  }

  sweepUploads(): Outcome {
    const expired = [...this.books.uploads.values()].filter(
      ({ upload }) => upload.expiresAt <= this.books.now,
    );
    for (const { upload } of expired) this.books.drop(upload.id);
    return { asked: this.#stores.uploads.expire(this.books.now, 1000), expected: swept(expired.length) };
  }

  sweepObjects(): Outcome {
    const isExpired = ({ expiresAt }: { expiresAt: number | null }) =>
      expiresAt !== null && expiresAt <= this.books.now;
    const expired = [...this.books.objects].filter(([, object]) => isExpired(object));
    for (const [id] of expired) this.#drop(id);
    return { asked: this.#stores.objects.expire(this.books.now, 1000), expected: swept(expired.length) };
  }

  #account(pick: number): NewAccount {
    return this.#accounts[pick % 2] as NewAccount;
  }

  #upload(pick: number, isFit: (upload: StoredUpload) => boolean): ModelUpload | undefined {
    const fit = [...this.books.uploads.values()].filter(({ upload }) => isFit(upload));
    return fit[pick % Math.max(1, fit.length)];
  }

  /** Inline, or a blob with its record in the journal, which a sweep may have claimed. */
  #placed(size: number, place: number, isClaimed: boolean): PlacedContent {
    if (place === 0) return inlineContent(size);
    const key = this.books.record(isClaimed);
    void (isClaimed
      ? this.#stores.journal.discard(key, this.books.now)
      : this.#stores.journal.reserve(key, this.books.now, 1000));
    return blobContent(key, size);
  }

  #takeInto(id: string, placed: PlacedContent, put: () => void): ReceiveOutcome {
    if (this.books.live(id) === undefined) return 'upload_gone';
    if (!this.books.take(placed)) return 'lease_lost';
    put();
    return 'received';
  }

  #object(id: string, accountId: string, placed: PlacedContent, expiresAt: number | null): void {
    this.books.objects.set(id, { accountId, size: placed.size, bytes: bytesOf(placed), expiresAt });
  }

  #drop(id: string): void {
    this.books.release(this.books.objects.get(id)?.bytes);
    this.books.objects.delete(id);
  }
}

function sized(asked: Promise<{ size: number } | string>, expected: number | string): Outcome {
  return { asked: asked.then((object) => (typeof object === 'object' ? object.size : object)), expected };
}

function swept(removed: number) {
  return { removed, isDone: true };
}
