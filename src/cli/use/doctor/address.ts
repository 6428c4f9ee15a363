import { lookup } from 'node:dns/promises';
import { type Finding, findingsOf } from '../../shared/finding.ts';
import { isLoopbackHost } from '../server-description.ts';
import { bareHost, openPlain, portOf, Silence } from './raw-request.ts';

const { ok, warning, problem } = findingsOf('address');

/** How long a connection may take (ms). */
const connectTimeout = 5000;

/** Looks up the host of a URL and connects to each of its addresses. Returns one that accepts connections. */
export async function findAddress(
  url: URL,
  signal: AbortSignal,
): Promise<{ finding: Finding; address?: string }> {
  const host = bareHost(url);
  let addresses: string[];
  try {
    addresses = (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException;
    return {
      finding: problem(`the name ${host} is not found (${code}): create its DNS record, or correct it`),
    };
  }
  const results = await Promise.all(
    addresses.map(async (address) => ({ address, failure: await connectionFailure(url, address, signal) })),
  );
  const reached = results.filter(({ failure }) => failure === undefined).map(({ address }) => address);
  const failed = results.filter(({ failure }) => failure !== undefined);
  const [address] = reached;
  const place = addresses.includes(host) ? host : `${host} at ${addresses.join(', ')}`;
  const port = portOf(url);
  if (address === undefined) return { finding: problem(`${place}, port ${port}: ${failed[0]?.failure}`) };
  const lost = failed.map(({ address: each, failure }) => `${each}: ${failure}`).join('; ');
  // A server on this machine may serve only one of its addresses.
  if (lost !== '' && !isLoopbackHost(host))
    return { finding: warning(`${place}, port ${port}, but ${lost}`), address };
  return { finding: ok(`${place} accepts connections on port ${port}`), address };
}

function connectionFailure(url: URL, address: string, signal: AbortSignal): Promise<string | undefined> {
  const socket = openPlain({ url, address });
  return new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.setTimeout(connectTimeout, () => reject(new Silence('no answer')));
  })
    .then(
      () => undefined,
      (error: unknown) => {
        signal.throwIfAborted();
        const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException;
        if (error instanceof Silence)
          return `no answer within ${connectTimeout / 1000} s: does the machine run, and does a firewall drop the port?`;
        if (code === 'ECONNREFUSED') return 'nothing listens there: start the server or its proxy';
        return `no connection is possible (${code})`;
      },
    )
    .finally(() => socket.destroy());
}
