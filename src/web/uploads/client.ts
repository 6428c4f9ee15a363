import { type Client, createClient, type Transport, xhrTransport } from '../../client/index.ts';

/** A network that comes back within some minutes is waited for. */
const patience = { tries: 12 };

/** The client of the server that the page came from. */
export function pageClient(publicUrl: string): Client {
  const send = xhrTransport();
  // This server may be reached under another address than the one that it knows of itself.
  const transport: Transport = (outgoing) =>
    send({ ...outgoing, url: fromHere(outgoing.url, publicUrl, location.origin) });
  return createClient({ url: location.origin, transport, retry: patience });
}

function fromHere(url: string, publicUrl: string, origin: string): string {
  return url.startsWith(`${publicUrl}/`) ? `${origin}${url.slice(publicUrl.length)}` : url;
}
