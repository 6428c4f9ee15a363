import type { Accounts } from '../../core/accounts/accounts.ts';
import type { BodyDecoding } from '../../core/coding/body-decoding.ts';
import type { PayloadUploads } from '../../core/payloads/payload-uploads.ts';
import type { Payloads } from '../../core/payloads/payloads.ts';
import type { Clock } from '../../core/ports/clock.ts';

/** What the payload API needs to answer. */
export type PayloadApi = {
  accounts: Pick<Accounts, 'authenticate'>;
  /** Whether payloads may be created without a key. */
  anonymousCreate: boolean;
  payloads: Payloads;
  payloadUploads: PayloadUploads;
  bodyDecoding: BodyDecoding;
  clock: Clock;
  /** What links begin with, without a trailing slash. */
  publicUrl: string;
};
