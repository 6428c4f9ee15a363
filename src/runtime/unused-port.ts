import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Checks that no process listens on a port, not even one that would share it.
 *
 * @param port 0 for any port.
 * @returns The port.
 */
export async function unusedPort(host: string, port: number): Promise<number> {
  const probe = createServer().listen({ host, port, exclusive: true });
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}
