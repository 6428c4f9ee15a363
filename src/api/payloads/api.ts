import type { BodyDecoding } from '../../core/body-decoding.ts';
import type { PayloadUploads } from '../../core/payload-uploads.ts';
import type { Payloads } from '../../core/payloads.ts';
import type { Clock } from '../../core/ports/clock.ts';

/** What the payload API needs to answer. */
export type PayloadApi = {
  payloads: Payloads;
  payloadUploads: PayloadUploads;
  bodyDecoding: BodyDecoding;
  clock: Clock;
  /** What links begin with, without a trailing slash. */
  publicUrl: string;
};
