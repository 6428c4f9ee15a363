import { type Client, createClient, NetworkError, type Transport, xhrTransport } from '../../client/index.ts';
import type { Reader } from '../shell/reader.ts';

/** A network that comes back within some minutes is waited for. */
const patience = { tries: 12 };

/** The client of the server that the page came from. @param key What it asks creators for. */
export function pageClient(
  { publicUrl, basePath }: Pick<Reader, 'publicUrl' | 'basePath'>,
  key?: string,
): Client {
  const here = `${location.origin}${basePath}`;
  const send = xhrTransport();
  const transport: Transport = async (outgoing) => {
    try {
      // This server may be reached under another address than the one that it knows of itself.
      return await send({ ...outgoing, url: fromHere(outgoing.url, publicUrl, here) });
    } catch (error) {
      if (error instanceof NetworkError) await requireReadable(outgoing.body);
      throw error;
    }
  };
  return createClient({ url: here, key, transport, retry: patience });
}

/**
 * Browsers report a file that was changed or moved since it was chosen as a broken connection, which would be tried
 * again in vain.
 *
 * @throws DOMException `NotReadableError` or `NotFoundError`
 */
async function requireReadable(body: unknown): Promise<void> {
  if (body instanceof Blob) await body.slice(0, 1).arrayBuffer();
}

function fromHere(url: string, publicUrl: string, here: string): string {
  return url.startsWith(`${publicUrl}/`) ? `${here}${url.slice(publicUrl.length)}` : url;
}
