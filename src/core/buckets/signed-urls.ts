import type { Credential } from '../accounts/accounts.ts';
import { requireContentCoding } from '../coding/content-coding.ts';
import { requireMediaType } from '../coding/media-type.ts';
import { isExpired } from '../expiry.ts';
import { Failure, invalid } from '../failure.ts';
import type { AccountStore, StoredAccount } from '../ports/accounts/account-store.ts';
import type { BucketStore, StoredBucket } from '../ports/buckets/bucket-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContentCoding } from '../ports/coding/content-coding.ts';
import type { Signer } from '../signing.ts';
import { isBucketName } from './bucket-name.ts';
import type { Buckets } from './buckets.ts';
import { requireNewKey, requireObjectKey } from './object-key.ts';

type SignedMethod = 'GET' | 'PUT';

type SignRequest = {
  key: string;
  method: SignedMethod;
  /** Seconds from now. */
  expiresIn: number;
  /** Constraints of a PUT: its type, its content coding, and its maximum size (bytes). */
  contentType?: string;
  contentEncoding?: string | null;
  maxSize?: number;
};

/** The parameters of a signed URL. */
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

/** Seven days, as in S3 (seconds). */
const maxExpiresIn = 604_800;

type SignedUrlsDeps = {
  buckets: Buckets;
  stores: { buckets: BucketStore; accounts: AccountStore };
  signer: Signer;
  clock: Clock;
};

/** URLs that read or write one object without a key. */
export class SignedUrls {
  readonly #deps: SignedUrlsDeps;

  constructor(deps: SignedUrlsDeps) {
    this.#deps = deps;
  }

  /** @throws Failure `invalid`, `invalid_key`, `bucket_not_found`, `forbidden` */
  async sign(
    { account, key: { id: keyId } }: Credential,
    bucketName: string,
    request: SignRequest,
  ): Promise<UrlGrant> {
    const { method, expiresIn, contentType, maxSize } = request;
    const contentEncoding = requireContentCoding(request.contentEncoding) ?? undefined;
    const bucket = await this.#deps.buckets.find(account, bucketName);
    const key = method === 'PUT' ? requireNewKey(request.key) : requireObjectKey(request.key);
    requireConstraints(request);
    const expiresAt = this.#deps.clock() + expiresIn * 1000;
    const grant = { method, expiresAt, keyId, contentType, contentEncoding, maxSize };
    return { ...grant, signature: this.#deps.signer.sign(...signed(bucket.id, key, grant)) };
  }

  /**
   * Verifies a signed URL, and returns the bucket and its account.
   *
   * @throws Failure `forbidden` if the URL was altered or has expired, or if the bucket or the API key that signed it
   *   is gone: indistinguishable to the caller
   */
  async open(
    bucketName: string,
    key: string,
    { signature, ...grant }: UrlGrant,
  ): Promise<{ bucket: StoredBucket; account: StoredAccount }> {
    const bucket = isBucketName(bucketName) ? await this.#deps.stores.buckets.find(bucketName) : undefined;
    const now = this.#deps.clock();
    const isValid =
      bucket !== undefined &&
      this.#deps.signer.verify(signature, ...signed(bucket.id, key, grant)) &&
      !isExpired(grant.expiresAt, now);
    const credential = isValid ? await this.#deps.stores.accounts.findCredentialById(grant.keyId) : undefined;
    const hasEnded = isExpired(credential?.account.expiresAt, now);
    if (bucket === undefined || credential?.account.id !== bucket.accountId || hasEnded)
      throw signedUrlInvalid();
    return { bucket, account: credential.account };
  }
}

export function signedUrlInvalid(): Failure {
  return new Failure('forbidden', 'The URL was altered, has expired, or was withdrawn');
}

function requireConstraints({ method, expiresIn, contentType, contentEncoding, maxSize }: SignRequest): void {
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > maxExpiresIn)
    throw invalid('expiresIn', `must be a whole number of seconds from 1 to ${maxExpiresIn}`);
  if (method === 'GET' && contentType !== undefined) throw invalid('contentType', 'is only for PUT');
  if (method === 'GET' && contentEncoding != null) throw invalid('contentEncoding', 'is only for PUT');
  if (method === 'GET' && maxSize !== undefined) throw invalid('maxSize', 'is only for PUT');
  if (contentType !== undefined) requireMediaType(contentType);
}

function signed(
  bucketId: string,
  key: string,
  { method, expiresAt, keyId, contentType = '', contentEncoding, maxSize = -1 }: Omit<UrlGrant, 'signature'>,
): [string, ...(string | number)[]] {
  // Without a coding the signed fields are those of earlier versions, whose URLs stay valid.
  const coding = contentEncoding === undefined ? [] : [contentEncoding];
  return ['object', bucketId, key, method, expiresAt, keyId, contentType, maxSize, ...coding];
}
