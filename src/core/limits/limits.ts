import type { RateLimiter } from '../ports/limits/rate-limiter.ts';

/**
 * The rate limits by name; undefined if the operator turned one off.
 *
 * - `address`: calls per `RATE_LIMIT_WINDOW` and client address. Includes calls with an invalid credential, to limit
 *   guessing, and PUTs to presigned URLs that are refused or exceed `put`.
 * - `credential`: calls per `RATE_LIMIT_WINDOW` and valid credential, on an API that needs one. They do not count
 *   against `address`.
 * - `guest`: new guests, per day and client address.
 * - `claim`: tries to claim an account, per day and client address.
 * - `presign`: presigned uploads, per hour and credential.
 * - `put`: PUTs to one presigned URL that do not count against `address`, since the presign call was counted.
 */
export type Limits = Record<LimitName, RateLimiter | undefined>;

export type LimitName = 'address' | 'credential' | 'guest' | 'claim' | 'presign' | 'put';
