import fc from 'fast-check';
import { newHashId } from '../../src/core/ids.ts';
import type { NewAccount } from '../../src/core/ports/accounts/account-store.ts';
import type { PlacedContent } from '../../src/core/ports/content/content.ts';
import type { ReceiveOutcome, StoredUpload } from '../../src/core/ports/files/upload-store.ts';
import { Books, bytesOf, type ModelUpload, sum } from './account-books.model.ts';
import type { ObjectStoreUnderTest } from './object-store.contract.ts';
import { blobContent, inlineContent, someConfirmation, someUpload } from './some-object.ts';

/** How an upload's bytes arrive: in one request or in parts, at this server or straight at the blob store. */
type Way = 'whole' | 'parts' | 'direct' | 'directParts';

export type Step = { kind: (typeof kinds)[number]; pick: number; size: number; odd: boolean; place: number };

const kinds = [
  ...['reserve', 'reserve', 'reserve', 'reserve', 'reserve', 'receive', 'receive', 'receive'],
  ...['receivePart', 'receivePart', 'receivePart', 'confirm', 'confirm', 'confirmParts', 'confirmParts'],
  ...['confirmDirect', 'abort', 'remove', 'tick', 'sweepUploads', 'sweepObjects'],
] as const;
/** The steps that may publish a blob. */
const publishes = new Set<Step['kind']>(['receive', 'receivePart', 'confirmDirect']);
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

export type StepOutcome = {
  /** Runs the step on a store, and returns its result. */
  run(stores: ObjectStoreUnderTest): Promise<unknown>;
  /** The result of the model. */
  expected: unknown;
  /** Whether the step may run only once, because it inserts a row with a new id. */
  isOnce?: boolean;
};

/** Runs steps on the model, and returns what the stores must then do. */
export class BooksSteps {
  readonly books = new Books();
  readonly #accounts: [NewAccount, NewAccount];
  /** The blobs that steps publish. */
  readonly #keys = new Map<Step, string>();

  /** @param accounts An anonymous one, and one of the operator. */
  constructor(accounts: [NewAccount, NewAccount]) {
    this.#accounts = accounts;
  }

  /** Reserves a blob for each step that may publish one; a sweep claims that of an odd step. @returns Their keys. */
  async prepare({ journal }: ObjectStoreUnderTest, group: Step[]): Promise<string[]> {
    const publishing = group.filter(({ kind }) => publishes.has(kind));
    return Promise.all(
      publishing.map(async (step) => {
        const key = this.books.record(step.odd);
        this.#keys.set(step, key);
        await (step.odd ? journal.discard(key, this.books.now) : journal.reserve(key, this.books.now, 1000));
        return key;
      }),
    );
  }

  /** Runs a step on the model. */
  take(step: Step): StepOutcome {
    return this[step.kind](step) ?? { run: async () => undefined, expected: undefined };
  }

  reserve({ pick, size, place }: Step): StepOutcome {
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
    const directKeyEnds = this.books.now + 1000;
    return { run: ({ uploads }) => uploads.start(upload, quota, directKeyEnds), expected, isOnce: true };
  }

  receive(step: Step): StepOutcome | undefined {
    const found = this.#upload(
      step.pick,
      ({ directKey, partSize }) => directKey === null && partSize === null,
    );
    if (found === undefined) return undefined;
    const { id, declaredSize } = found.upload;
    const { now } = this.books;
    const placed = step.place === 0 ? inlineContent(declaredSize) : this.#blob(step, declaredSize);
    const expected = this.#takeInto(id, placed, () => {
      this.books.release(found.bytes);
      found.bytes = bytesOf(placed);
    });
    return { run: ({ uploads }) => uploads.receive(id, placed, now), expected };
  }

  receivePart(step: Step): StepOutcome | undefined {
    const found = this.#upload(
      step.pick,
      ({ directKey, partSize }) => directKey === null && partSize !== null,
    );
    if (found === undefined) return undefined;
    const { id } = found.upload;
    const { now } = this.books;
    const { size } = step;
    const [number, etag] = [step.place + 1, newHashId()];
    const placed = this.#blob(step, size);
    const key = placed.content.kind === 'blob' ? placed.content.key : '';
    const expected = this.#takeInto(id, placed, () => {
      const parts = found.bytes && 'parts' in found.bytes ? found.bytes.parts : new Map();
      const before = parts.get(number);
      if (before) this.books.journal.set(before.key, 'remove');
      found.bytes = { parts: parts.set(number, { size, etag, key }) };
    });
    const part = { number, size: placed.size, etag };
    return { run: ({ uploads }) => uploads.receivePart(id, { part, placed }, now), expected };
  }

  confirm({ pick }: Step): StepOutcome | undefined {
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
    return sized(({ uploads }) => uploads.completeFile(upload, 'received', confirmation), expected);
  }

  confirmParts({ pick, odd, place }: Step): StepOutcome | undefined {
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
    return sized(({ uploads }) => uploads.completeFile(upload, asked, confirmation), expected);
  }

  confirmDirect(step: Step): StepOutcome | undefined {
    const found = this.#upload(step.pick, ({ directKey }) => directKey !== null);
    if (!found?.upload.directKey) return undefined;
    const { upload } = found;
    const { size } = step;
    const own = upload.partSize === null ? undefined : upload.directKey;
    const placed = own === undefined ? this.#blob(step, size) : blobContent(own ?? '', size);
    const confirmation = someConfirmation({ at: this.books.now, expiresAt: this.books.now + 3 });
    const isLive = this.books.live(upload.id) !== undefined;
    const made = isLive && this.books.take(placed);
    if (made) {
      if (own === undefined && upload.directKey !== null) this.books.journal.set(upload.directKey, 'remove');
      this.books.uploads.delete(upload.id);
      this.#object(upload.id, upload.accountId, placed, confirmation.expiresAt);
    }
    const expected = made ? size : isLive ? 'lease_lost' : 'upload_gone';
    return sized(({ uploads }) => uploads.completeFile(upload, placed, confirmation), expected);
  }

  abort({ pick }: Step): StepOutcome | undefined {
    const found = this.#upload(pick, () => true);
    if (found === undefined) return undefined;
    const { id } = found.upload;
    const expected = this.books.uploads.has(id) ? 'aborted' : 'upload_gone';
    const { now } = this.books;
    this.books.drop(id);
    return { run: ({ uploads }) => uploads.abort(id, now), expected };
  }

  remove({ pick }: Step): StepOutcome | undefined {
    const [id, object] = [...this.books.objects][pick % Math.max(1, this.books.objects.size)] ?? [];
    if (id === undefined || object === undefined) return undefined;
    const expected = object.expiresAt === null || object.expiresAt > this.books.now;
    const { now } = this.books;
    if (expected) this.#drop(id);
    return { run: ({ objects }) => objects.remove(id, now), expected };
  }

  tick({ size }: Step): undefined {
    this.books.now += size % 4;
  }

  sweepUploads(): StepOutcome {
    const { now } = this.books;
    const expired = [...this.books.uploads.values()].filter(({ upload }) => upload.expiresAt <= now);
    for (const { upload } of expired) this.books.drop(upload.id);
    return { run: ({ uploads }) => uploads.expire(now, 1000), expected: swept(expired.length) };
  }

  sweepObjects(): StepOutcome {
    const { now } = this.books;
    const isExpired = ({ expiresAt }: { expiresAt: number | null }) => expiresAt !== null && expiresAt <= now;
    const expired = [...this.books.objects].filter(([, object]) => isExpired(object));
    for (const [id] of expired) this.#drop(id);
    return { run: ({ objects }) => objects.expire(now, 1000), expected: swept(expired.length) };
  }

  #account(pick: number): NewAccount {
    return this.#accounts[pick % 2 === 0 ? 0 : 1];
  }

  #upload(pick: number, isFit: (upload: StoredUpload) => boolean): ModelUpload | undefined {
    const fit = [...this.books.uploads.values()].filter(({ upload }) => isFit(upload));
    return fit[pick % Math.max(1, fit.length)];
  }

  /** The blob that `prepare` reserved for a step. */
  #blob(step: Step, size: number): PlacedContent {
    return blobContent(this.#keys.get(step) ?? '', size);
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

type CompleteFile = (stores: ObjectStoreUnderTest) => Promise<{ size: number } | string>;

/** The outcome of a completion: the size of the file, or the refusal. */
function sized(complete: CompleteFile, expected: number | string): StepOutcome {
  return {
    async run(stores) {
      const file = await complete(stores);
      return typeof file === 'object' ? file.size : file;
    },
    expected,
  };
}

function swept(removed: number) {
  return { removed, isDone: true };
}
