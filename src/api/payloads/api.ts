import type { Accounts } from '../../core/accounts/accounts.ts';
import type { BodyDecoding } from '../../core/coding/body-decoding.ts';
import type { PayloadUploads } from '../../core/payloads/payload-uploads.ts';
import type { Payloads } from '../../core/payloads/payloads.ts';
import type { Clock } from '../../core/ports/clock.ts';

/** What the handlers of the payload API use. */
export type PayloadApi = {
  accounts: Pick<Accounts, 'authenticate'>;
  anonymousCreate: boolean;
  payloads: Payloads;
  payloadUploads: PayloadUploads;
  bodyDecoding: BodyDecoding;
  clock: Clock;
  /** The base of links, without a trailing slash. */
  publicUrl: string;
};
