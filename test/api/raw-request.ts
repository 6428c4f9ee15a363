import { connect } from 'node:net';

type RawResponse = { status: number; headers: Record<string, string>; body: string };

/**
 * Sends bytes unchanged, which `fetch` would normalise, and resolves to the first final response
 * that arrives. Headers have lower-case names; of repeated ones, the last is kept.
 *
 * @throws Error if the connection ends, or `timeoutMs` passes, before the response is complete
 */
export function rawRequest(
  url: string,
  request: string | Uint8Array,
  { timeoutMs = 10_000 } = {},
): Promise<RawResponse> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let received = '';
    const settle = (outcome: () => void) => {
      socket.destroy();
      outcome();
    };
    const settleIfWhole = (ended: boolean) => {
      const response = parse(received, ended);
      if (response) settle(() => resolve(response));
      return response !== undefined;
    };
    socket.setTimeout(timeoutMs, () => settle(() => reject(new Error(`no answer within ${timeoutMs} ms`))));
    socket.on('connect', () => socket.write(request));
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      settleIfWhole(false);
    });
    socket.on('error', (error) => {
      if (!settleIfWhole(true)) settle(() => reject(error));
    });
    socket.on('close', () => {
      if (!settleIfWhole(true)) reject(new Error(`the connection ended without an answer: ${received}`));
    });
  });
}

/** The lines of a request, joined. */
export function requestText(lines: string[], body = ''): string {
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function parse(text: string, ended: boolean): RawResponse | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  // Interim responses such as 100 Continue precede the final one.
  if (status < 200) return parse(text.slice(end + 4), ended);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = text.slice(end + 4);
  const isWhole = headers['content-length'] !== undefined && body.length >= Number(headers['content-length']);
  return ended || isWhole ? { status, headers, body } : undefined;
}
