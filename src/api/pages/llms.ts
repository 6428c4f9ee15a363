import type { PayloadLimits } from '../../core/payloads/payloads.ts';
import { formatDuration, formatSize } from '../../core/quantity.ts';

/**
 * What programs, language models among them, are told of this server, in the form of llmstxt.org: a heading, a summary,
 * then details without headings, then sections that are lists of links.
 */
export function llmsText(url: string, limits: PayloadLimits, anonymousCreate: boolean): string {
  const { maxPayloadSize, maxAnonymousSize, defaultTtl, maxTtl } = limits;
  const key = anonymousCreate
    ? 'No account and no key are needed for this.'
    : 'Creating needs a key of this server, `Authorization: Bearer pl_live_…`, with each of the requests below that create; reading and deleting need none.';
  return `# Mayfly

> A service for things that should not last. PUT or POST content, get a URL to share, and it is gone when its time is up, or when it has been read as often as was allowed. ${key}

Put content (the answer is 201; its body is the URL and a newline; \`Accept: application/json\` gets \`{"hash_id", "expiry_time", "url", "delete_token"}\`):

    curl -T notes.txt ${url}/
    curl --data-binary @notes.txt ${url}/
    curl -F file=@notes.txt ${url}/
    date | curl -T - '${url}/?ttl=10m&max_reads=1'

As JSON:

    curl ${url}/api/v1/payloads -H 'Content-Type: application/json' -d '{"content": "{}", "mime_type": "application/json", "ttl": "10m", "delete_token": true}'

Get content. HEAD takes no read and tells type, size and expiry:

    curl ${url}/raw/HASH_ID
    curl ${url}/api/v1/payloads/HASH_ID

Delete content. The token is in \`X-Delete-Token\`, or \`delete_token\`, of the answer that made it:

    curl -X DELETE -H 'X-Delete-Token: TOKEN' ${url}/api/v1/payloads/HASH_ID

Encrypt content, so that the server learns nothing but its size and its expiry. The key is in the fragment of the link, which is never sent; the same is done by the page at ${url}/:

    MAYFLY_URL=${url} mayfly put --encrypt notes.txt
    mayfly get 'LINK'

Limits of this server:

- One piece of content has at most ${formatSize(maxAnonymousSize)}, as JSON ${formatSize(maxPayloadSize)}.
- It is kept for ${formatDuration(defaultTtl)} unless \`ttl\` (\`90s\`, \`10m\`, \`2h\`, \`7d\`, or seconds) says otherwise, and for ${formatDuration(maxTtl)} at most. In headers: \`X-TTL\`, \`X-Max-Reads\`.
- \`X-RateLimit-Remaining\` tells how many calls are left in the window, \`Retry-After\` (seconds) when to come back.
- \`Idempotency-Key\` on any write makes it safe to repeat.

Errors are \`{"error": "what went wrong"}\`: 400 the request breaks a rule, 401 a key that is missing or not valid, 403 a wrong delete token, 404 unknown, expired or read too often, 413 too large, 429 too many calls, 503 try again later, 507 no room.

## API

- [OpenAPI 3.1](${url}/openapi.json): every operation, its parameters and its errors
- [API documentation](${url}/docs): the same, as a page

## Tools

- [ShareX](${url}/sharex.sxcu): the configuration of a custom uploader
- [Usage](${url}/): a page for browsers, a short text for everything else

## Optional

- [Meanings of error codes](${url}/docs/errors/unauthorized): one page for each code of the bucket API, to which its errors lead
`;
}
