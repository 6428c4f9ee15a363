import type { RateLimiter } from '../ports/rate-limiter.ts';

/**
 * The limits on calls, by name; undefined where the operator turned one off.
 *
 * - `address`: calls per `RATE_LIMIT_WINDOW` and client address. Calls with a credential that is not valid count
 *   here too, so that none can be guessed faster; PUTs to signed addresses only where they are refused, or past `put`.
 * - `credential`: calls per `RATE_LIMIT_WINDOW` and valid credential, on an API that needs one; those do not
 *   count against the address.
 * - `guest`: guest accounts made, per day and client address.
 * - `claim`: tries to claim an account, per day and client address.
 * - `presign`: uploads that were presigned, per hour and credential.
 * - `put`: PUTs to one signed address that do not count against the client's: what was signed was counted then.
 */
export type Limits = Record<LimitName, RateLimiter | undefined>;

export type LimitName = 'address' | 'credential' | 'guest' | 'claim' | 'presign' | 'put';
