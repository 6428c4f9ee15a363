import { Type } from '@sinclair/typebox';
import { ContentFingerprint } from '../../../core/content/content-fingerprint.ts';
import type { IdempotentRequest, Outcome } from '../../../core/idempotency.ts';
import type { Seal } from '../../../core/ports/idempotency-store.ts';
import { declaredLength } from '../bodies/request-body.ts';
import type { Exchange } from '../exchange.ts';
import { optionalText } from './schemas.ts';

export const replayedHeader = 'idempotency-replayed';

/** Headers that determine what a write does, in addition to its body. */
const identifying =
  /^(?:content-(?:type|encoding|md5|digest)|repr-digest|x-ttl|x-max-reads|x-meta-.*|if-.*)$/;

/** A body that is streamed through the fingerprint of its content. */
type StreamedBody = Pick<IdempotentRequest, 'content' | 'readToEnd'>;

/**
 * Runs a write, only once for each idempotency key, and marks a response that is sent again.
 *
 * @param body The body if it was read, or the stream; undefined if it does not matter.
 * @param work As in `Idempotency.once`.
 * @param options `isReplayed`: whether a repeated request gets the first response (the default). If not, it writes
 *   again. `settles`: as in `Idempotency.once`.
 */
export async function writeOnce<T>(
  exchange: Exchange,
  body: Uint8Array | StreamedBody | undefined,
  work: (seal?: Seal<unknown>) => Promise<T>,
  { isReplayed = true, settles = false }: { isReplayed?: boolean; settles?: boolean } = {},
): Promise<Outcome<T>> {
  const outcome = await exchange.idempotency.once(idempotentRequest(exchange, body), work, settles);
  if (!outcome.replayed) return outcome;
  if (!isReplayed) return { result: await work(), replayed: false };
  exchange.headers[replayedHeader] = 'true';
  return outcome;
}

/**
 * The identity of a request with an idempotency key. The key belongs to the account if there is a valid credential,
 * otherwise to the address. Method, path, query, the headers above, and the length of the body identify the request.
 * The body itself does too if it was already read.
 */
function idempotentRequest(
  { request, path, client, credential }: Exchange,
  body: Uint8Array | StreamedBody | undefined,
): IdempotentRequest | undefined {
  const key = request.headers.get('idempotency-key');
  if (key === null) return undefined;
  const isRead = body instanceof Uint8Array;
  const head = [
    request.method,
    path,
    /\?.*$/s.exec(request.url)?.[0] ?? '',
    isRead ? body.length : (declaredLength(request) ?? ''),
    ...[...request.headers].filter(([name]) => identifying.test(name)).map(headerLine),
  ].join('\n');
  return {
    scope: credential === undefined ? `address ${client}` : `account ${credential.account.id}`,
    key,
    ...(isRead ? { identity: [Buffer.from(`${head}\n`), body] } : { identity: head, ...body }),
  };
}

/** The fingerprint for a streamed body; undefined for a request without an idempotency key. */
export function contentFingerprint({ request }: Exchange): ContentFingerprint | undefined {
  return request.headers.has('idempotency-key') ? new ContentFingerprint() : undefined;
}

/** A header for the identity, without the boundary of a form, which clients choose again for each try. */
function headerLine([name, value]: [string, string]): string {
  const isForm = name === 'content-type' && /^multipart\//i.test(value);
  return `${name}: ${isForm ? value.replace(/;\s*boundary=(?:"[^"]*"|[^;\s]*)/i, '') : value}`;
}

/** The headers of writes that are safe to repeat (docs/contract/shared.md, "Idempotency"). */
export const idempotency = {
  requestHeaders: Type.Object({
    'Idempotency-Key': Type.Optional(
      Type.String({
        description: 'Makes the request safe to repeat. The server keeps the first response for 24 hours.',
        minLength: 1,
        maxLength: 255,
        pattern: '^[ -~]+$',
      }),
    ),
  }),
  responseHeaders: { [replayedHeader]: optionalText('true if this is the first response, sent again.') },
};
