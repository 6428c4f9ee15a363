import type { Accounts } from '../../core/accounts/accounts.ts';
import type { ApiKeys } from '../../core/accounts/api-keys.ts';
import type { Plans } from '../../core/accounts/plans.ts';
import type { TrafficCounters } from '../../core/accounts/traffic.ts';
import type { BucketObjects } from '../../core/buckets/bucket-objects.ts';
import type { Buckets } from '../../core/buckets/buckets.ts';
import type { MultipartCompletions } from '../../core/buckets/multipart-completions.ts';
import type { MultipartUploads } from '../../core/buckets/multipart-uploads.ts';
import type { ObjectCopies } from '../../core/buckets/object-copies.ts';
import type { ObjectLists } from '../../core/buckets/object-lists.ts';
import type { SignedUrls } from '../../core/buckets/signed-urls.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { WebhookApi } from './webhooks/webhook-json.ts';

/** What the bucket API needs to answer. */
export type BucketApi = WebhookApi & {
  accounts: Accounts;
  apiKeys: ApiKeys;
  plans: Plans;
  traffic: TrafficCounters;
  buckets: Buckets;
  bucketObjects: BucketObjects;
  objectCopies: ObjectCopies;
  objectLists: ObjectLists;
  multipartUploads: MultipartUploads;
  multipartCompletions: MultipartCompletions;
  signedUrls: SignedUrls;
  /** How many calls a key may make in a minute; null for any number. */
  requestsPerMinute: number | null;
  /** The largest object there may be (bytes). */
  maxObjectSize: number;
  clock: Clock;
  /** What links begin with, without a trailing slash. */
  publicUrl: string;
};
