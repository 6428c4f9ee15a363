import { bodyChunks, declaredLength, openBody } from '../../shared/bodies/request-body.ts';
import { codingOf } from '../../shared/bodies/request-coding.ts';
import type { Exchange } from '../../shared/exchange.ts';
import type { PayloadApi } from '../api.ts';

/** The content of a body. `size` is its announced length (bytes), if known. */
type IncomingContent = { chunks: AsyncIterable<Uint8Array>; size: number | undefined };

/**
 * Passes the decoded content of a body to `use`, and releases the decoder when `use` has ended.
 *
 * @param limit Maximum bytes of the decoded content.
 * @throws Failure `coding_refused`; for a coded body also what `BodyDecoding` throws
 */
export async function withContent<T>(
  exchange: Exchange,
  { bodyDecoding }: PayloadApi,
  limit: number,
  use: (content: IncomingContent) => Promise<T>,
): Promise<T> {
  const { request, client } = exchange;
  const chunks = bodyChunks(exchange);
  const coding = codingOf(request);
  if (coding === undefined) return use({ chunks, size: declaredLength(request) });
  const decoded = bodyDecoding.open({ coding, received: openBody(exchange, true), chunks, limit }, client);
  try {
    return await use({ chunks: decoded.chunks, size: undefined });
  } finally {
    decoded.close();
  }
}
