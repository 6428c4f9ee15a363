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

/** What the handlers of the bucket API use. */
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
  /** Maximum calls of a key in a minute; null for no limit. */
  requestsPerMinute: number | null;
  /** Maximum size of an object (bytes). */
  maxObjectSize: number;
  clock: Clock;
  /** The base of links, without a trailing slash. */
  publicUrl: string;
};
