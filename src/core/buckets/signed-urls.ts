import type { Credential } from '../accounts/accounts.ts';
import { requireContentCoding } from '../coding/content-coding.ts';
import { requireMediaType } from '../coding/media-type.ts';
import { isExpired } from '../expiry.ts';
import { Failure, invalid } from '../failure.ts';
import type { Idempotency, IdempotentRequest, Outcome } from '../idempotency.ts';
import type { AccountStore, StoredAccount } from '../ports/account-store.ts';
import type { BucketStore, StoredBucket } from '../ports/bucket-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContentCoding } from '../ports/content-coding.ts';
import type { Signer } from '../signing.ts';
import { isBucketName } from './bucket-name.ts';
import type { Buckets } from './buckets.ts';
import { requireNewKey, requireObjectKey } from './object-key.ts';

type SignedMethod = 'GET' | 'PUT';

/** What somebody without a key shall be able to do. */
type SignRequest = {
  key: string;
  method: SignedMethod;
  /** Seconds from now. */
  expiresIn: number;
  /** What a PUT must bring: this type, this coding, and at most so many bytes. */
  contentType?: string;
  contentEncoding?: string | null;
  maxSize?: number;
};

/** What a signed URL says. */
export type UrlGrant = {
  method: SignedMethod;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** The API key that signed. */
  keyId: string;
  contentType?: string;
  contentEncoding?: ContentCoding;
  maxSize?: number;
  signature: string;
};

/** Seven days (s), as S3 has it. */
const longest = 604_800;

type SignedUrlsDeps = {
  buckets: Buckets;
  stores: { buckets: BucketStore; accounts: AccountStore };
  idempotency: Idempotency;
  signer: Signer;
  clock: Clock;
};

/** URLs that do one thing with one object, without a key. */
export class SignedUrls {
  readonly #deps: SignedUrlsDeps;

  constructor(deps: SignedUrlsDeps) {
    this.#deps = deps;
  }

  /** @throws Failure `invalid`, `invalid_key`, `bucket_not_found`, `forbidden` */
  sign(
    { account, key: { id: keyId } }: Credential,
    bucketName: string,
    request: SignRequest,
    once?: IdempotentRequest,
  ): Promise<Outcome<UrlGrant>> {
    return this.#deps.idempotency.once(once, async (seal) => {
      const { method, expiresIn, contentType, maxSize } = request;
      const contentEncoding = requireContentCoding(request.contentEncoding) ?? undefined;
      const bucket = await this.#deps.buckets.find(account, bucketName);
      const key = method === 'PUT' ? requireNewKey(request.key) : requireObjectKey(request.key);
      requireConstraints(request);
      const expiresAt = this.#deps.clock() + expiresIn * 1000;
      const grant = { method, expiresAt, keyId, contentType, contentEncoding, maxSize };
      const signedGrant = { ...grant, signature: this.#deps.signer.sign(...signed(bucket.id, key, grant)) };
      if (seal) await this.#deps.idempotency.keep(seal(signedGrant));
      return signedGrant;
    });
  }

  /**
   * Whose bucket a signed URL opens, for the method and object that it was signed for.
   *
   * @throws Failure `forbidden` where it was altered or has expired, or where the bucket or the key that signed it
   *   is gone: one answer for all
   */
  async open(
    bucketName: string,
    key: string,
    { signature, ...grant }: UrlGrant,
  ): Promise<{ bucket: StoredBucket; account: StoredAccount }> {
    const bucket = isBucketName(bucketName) ? await this.#deps.stores.buckets.find(bucketName) : undefined;
    const now = this.#deps.clock();
    const isGood =
      bucket !== undefined &&
      this.#deps.signer.verify(signature, ...signed(bucket.id, key, grant)) &&
      !isExpired(grant.expiresAt, now);
    const credential = isGood ? await this.#deps.stores.accounts.findCredentialById(grant.keyId) : undefined;
    const hasEnded = isExpired(credential?.account.expiresAt, now);
    if (bucket === undefined || credential?.account.id !== bucket.accountId || hasEnded)
      throw new Failure('forbidden', 'The URL was altered, has expired, or was withdrawn');
    return { bucket, account: credential.account };
  }
}

function requireConstraints({ method, expiresIn, contentType, contentEncoding, maxSize }: SignRequest): void {
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > longest)
    throw invalid('expiresIn', `must be a whole number of seconds from 1 to ${longest}`);
  if (method === 'GET' && contentType !== undefined) throw invalid('contentType', 'is for PUT alone');
  if (method === 'GET' && contentEncoding != null) throw invalid('contentEncoding', 'is for PUT alone');
  if (method === 'GET' && maxSize !== undefined) throw invalid('maxSize', 'is for PUT alone');
  if (contentType !== undefined) requireMediaType(contentType);
}

function signed(
  bucketId: string,
  key: string,
  { method, expiresAt, keyId, contentType = '', contentEncoding, maxSize = -1 }: Omit<UrlGrant, 'signature'>,
): [string, ...(string | number)[]] {
  // URLs that were signed before there was a coding stay good.
  const coding = contentEncoding === undefined ? [] : [contentEncoding];
  return ['object', bucketId, key, method, expiresAt, keyId, contentType, maxSize, ...coding];
}
