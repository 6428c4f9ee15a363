import { Type } from '@sinclair/typebox';
import { invalid } from '../../../core/failure.ts';
import type { NewPayload } from '../../../core/payloads/payloads.ts';
import { bodyReader } from '../../shared/bodies/json-body.ts';
import { mediaTypeRule, timeRule, ttlRule } from '../../shared/endpoints/core-rules.ts';

/** The terms of a payload, the same in all kinds of requests. */
export const termFields = {
  mime_type: Type.String({
    description: 'A valid MIME type.',
    examples: ['text/plain'],
    checkedByCore: mediaTypeRule,
  }),
  expiry_time: Type.Optional(
    Type.String({
      description: 'When the content expires, in ISO 8601 with an offset or Z.',
      examples: ['2030-01-31T12:00:00Z'],
      checkedByCore: timeRule,
    }),
  ),
  ttl: Type.Optional(
    Type.Union([Type.Integer({ minimum: 1 }), Type.String({ checkedByCore: ttlRule })], {
      description: 'Instead of expiry_time: seconds, or a duration such as 90s, 10m, 2h, 7d.',
    }),
  ),
  max_reads: Type.Optional(
    Type.Integer({ minimum: 1, description: 'The payload is deleted after this number of reads.' }),
  ),
};

/** The body of `POST /api/v1/payloads` (docs/contract/payloads.md, "Creating"). */
export const createBody = Type.Object(
  {
    content: Type.String({ description: 'The content to store; may be empty.' }),
    ...termFields,
    encoding: Type.Optional(
      Type.Union([Type.Literal('utf8'), Type.Literal('base64')], {
        description: 'The encoding of `content`; base64 for binary content.',
        default: 'utf8',
      }),
    ),
    delete_token: Type.Optional(
      Type.Boolean({ description: 'Whether deleting needs a token, which the response contains.' }),
    ),
  },
  { additionalProperties: false },
);

export const rules = {
  ttl: 'must be a whole number of seconds above 0, or a duration such as 90s, 10m, 2h, 7d',
};

const readFields = bodyReader(createBody, rules);

/**
 * Reads the body of a create request.
 *
 * @throws Failure `invalid` with the field. Unknown fields are refused: ignoring a misspelt expiry would keep content
 *   longer than its owner wants.
 */
export function readCreateBody(body: Uint8Array): { request: NewPayload; data: string | Uint8Array } {
  const { content, encoding, mime_type, expiry_time, ttl, max_reads, delete_token } = readFields(body);
  return {
    data: encoding === 'base64' ? decodeBase64(content) : wellFormed(content),
    request: {
      mediaType: mime_type,
      expiryTime: expiry_time,
      ttl,
      maxReads: max_reads,
      withDeleteToken: delete_token,
    },
  };
}

/** A lone surrogate has no UTF-8, so it would change when stored. */
function wellFormed(content: string): string {
  if (!content.isWellFormed()) throw invalid('content', 'must be well-formed Unicode; use base64 for bytes');
  return content;
}

function decodeBase64(content: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(content);
  } catch {
    throw invalid('content', 'must be valid base64');
  }
}
