import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { endWithRun } from './end-with-run.ts';

/**
 * How a receiver responds to a call: a status, immediately or after some milliseconds, no response, a closed
 * connection, or a redirect to a URL.
 */
type ReceiverBehaviour =
  | number
  | { status: number; afterMs: number }
  | 'hang'
  | 'close'
  | { redirectTo: string };

type ReceivedCall = {
  /** The `webhook-id`. */
  id: string | undefined;
  /** When it was sent, by `webhook-timestamp` (seconds). */
  timestamp: number;
  /** Whether the signature holds, by the receiver's clock and secret. */
  isVerified: boolean;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
};

export type WebhookReceiver = {
  url: string;
  /** All calls, in the order of their arrival, whatever the response. */
  calls: ReceivedCall[];
  /** Sets the responses to the next calls in order. The last one applies to all later calls. The default is 200. */
  behave(...behaviours: [ReceiverBehaviour, ...ReceiverBehaviour[]]): void;
  /** The maximum number of concurrent unanswered calls. */
  mostAtOnce(): number;
  stop(): Promise<void>;
};

/**
 * A receiver of webhooks on loopback, over real HTTP.
 *
 * @param secret Returns the secret for the verification, `whsec_…`; it may be known only later.
 */
export async function startWebhookReceiver(secret: () => string): Promise<WebhookReceiver> {
  const calls: ReceivedCall[] = [];
  let behaviours: ReceiverBehaviour[] = [200];
  let open = 0;
  let mostOpen = 0;

  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    response.once('close', () => {
      open -= 1;
    });
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part);
    calls.push(receivedCall(request, Buffer.concat(parts).toString('utf8'), secret()));
    const behaviour = (behaviours.length > 1 ? behaviours.shift() : behaviours[0]) ?? 200;
    if (behaviour === 'hang') return;
    if (behaviour === 'close') request.socket.destroy();
    else if (typeof behaviour === 'number') response.writeHead(behaviour).end('heard');
    else if ('redirectTo' in behaviour) response.writeHead(302, { location: behaviour.redirectTo }).end();
    else setTimeout(() => response.writeHead(behaviour.status).end('heard'), behaviour.afterMs);
  };

  const server = createServer((request, response) => {
    // A caller that goes away in the middle of its request is not heard.
    receive(request, response).catch(() => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const takeBack = endWithRun(() => server.closeAllConnections());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    calls,
    behave: (...next) => {
      behaviours = next;
    },
    mostAtOnce: () => mostOpen,
    async stop() {
      takeBack();
      server.close();
      server.closeAllConnections();
    },
  };
}

function receivedCall({ url = '', headers }: IncomingMessage, body: string, secret: string): ReceivedCall {
  const id = headers['webhook-id'];
  return {
    id: typeof id === 'string' ? id : undefined,
    timestamp: Number(headers['webhook-timestamp']),
    isVerified: isVerified(headers, body, secret),
    path: url,
    headers,
    body,
  };
}

function isVerified(headers: ReceivedCall['headers'], body: string, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
