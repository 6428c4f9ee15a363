import type { PayloadLimits } from '../../core/payloads/payloads.ts';
import { formatDuration, formatSize } from '../../core/quantity.ts';

/**
 * Instructions for programs and language models in the form of llmstxt.org: a heading, a summary, details without
 * headings, then sections with lists of links.
 */
export function llmsText(url: string, limits: PayloadLimits, anonymousCreate: boolean): string {
  const { maxPayloadSize, maxAnonymousSize, defaultTtl, maxTtl } = limits;
  const key = anonymousCreate
    ? 'You need no account and no key.'
    : 'Creating content needs a key of this server: send `Authorization: Bearer pl_live_…` with each request below that creates content. Reading and deleting need no key.';
  return `# Mayfly

> A service for things that should not last. PUT or POST content and get a URL to share. The content expires after its TTL, or after a maximum number of reads. ${key}

Create content (the response is 201 with the URL and a newline; with \`Accept: application/json\` it is \`{"hash_id", "expiry_time", "url", "delete_token"}\`):

    curl -T notes.txt ${url}/
    curl --data-binary @notes.txt ${url}/
    curl -F file=@notes.txt ${url}/
    date | curl -T - '${url}/?ttl=10m&max_reads=1'

As JSON:

    curl ${url}/api/v1/payloads -H 'Content-Type: application/json' -d '{"content": "{}", "mime_type": "application/json", "ttl": "10m", "delete_token": true}'

Read content. HEAD returns type, size and expiry, and does not count as a read:

    curl ${url}/raw/HASH_ID
    curl ${url}/api/v1/payloads/HASH_ID

Delete content. The response to its creation has the token in \`X-Delete-Token\` or \`delete_token\`:

    curl -X DELETE -H 'X-Delete-Token: TOKEN' ${url}/api/v1/payloads/HASH_ID

Encrypt content, so that the server learns only its size and expiry. The key is in the fragment of the link, which is never sent. The page at ${url}/ can encrypt, too:

    MAYFLY_URL=${url} mayfly put --encrypt notes.txt
    mayfly get 'LINK'

Limits of this server:

- Maximum size: ${formatSize(maxAnonymousSize)}, as JSON ${formatSize(maxPayloadSize)}.
- Default TTL: ${formatDuration(defaultTtl)}. Set another with \`ttl\` (\`90s\`, \`10m\`, \`2h\`, \`7d\`, or seconds), at most ${formatDuration(maxTtl)}. As headers: \`X-TTL\`, \`X-Max-Reads\`.
- \`X-RateLimit-Remaining\` is the number of calls left in the window, \`Retry-After\` the seconds to wait.
- \`Idempotency-Key\` on any write makes it safe to repeat.

Errors are \`{"error": "what went wrong"}\`: 400 invalid request, 401 missing or invalid key, 403 wrong delete token, 404 unknown, expired or no reads left, 413 too large, 429 too many calls, 503 try again later, 507 no storage left.

## API

- [OpenAPI 3.1](${url}/openapi.json): every operation, its parameters and its errors
- [API documentation](${url}/docs): the same, as a page

## Tools

- [ShareX](${url}/sharex.sxcu): the configuration of a custom uploader
- [Usage](${url}/): a page for browsers, a short text for everything else

## Optional

- [Meanings of error codes](${url}/docs/errors/unauthorized): one page for each code of the bucket API, linked from its errors
`;
}
