import { type Client, createClient, NetworkError, type Transport, xhrTransport } from '../../client/index.ts';
import type { Reader } from '../shell/reader.ts';

/** Enough tries to survive a few minutes without a network. */
const retry = { tries: 12 };

/** Creates a client for the server of this page. @param key The payload key, if the server requires one. */
export function pageClient(
  { publicUrl, basePath }: Pick<Reader, 'publicUrl' | 'basePath'>,
  key?: string,
): Client {
  const ownUrl = `${location.origin}${basePath}`;
  const send = xhrTransport();
  const transport: Transport = async (outgoing) => {
    try {
      // The server may be reached by another URL than its `PUBLIC_URL`.
      return await send({ ...outgoing, url: replaceOrigin(outgoing.url, publicUrl, ownUrl) });
    } catch (error) {
      if (error instanceof NetworkError) await requireReadable(outgoing.body);
      throw error;
    }
  };
  return createClient({ url: ownUrl, key, transport, retry });
}

/**
 * Browsers report a file that was changed or moved since it was chosen as a network error, which would be retried
 * without success.
 *
 * @throws DOMException `NotReadableError` or `NotFoundError`
 */
async function requireReadable(body: unknown): Promise<void> {
  if (body instanceof Blob) await body.slice(0, 1).arrayBuffer();
}

function replaceOrigin(url: string, publicUrl: string, ownUrl: string): string {
  return url.startsWith(`${publicUrl}/`) ? `${ownUrl}${url.slice(publicUrl.length)}` : url;
}
