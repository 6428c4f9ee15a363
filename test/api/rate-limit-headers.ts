/** The rate limit headers of a response. */
export function windowOf({ headers }: Response) {
  return { limit: headers.get('x-ratelimit-limit'), remaining: headers.get('x-ratelimit-remaining') };
}

/** When the window of a response ends (seconds from now). */
export function resetsIn({ headers }: Response): number {
  return Number(headers.get('x-ratelimit-reset')) - Date.now() / 1000;
}
