import type { Elysia } from 'elysia';
import type { PayloadLimits } from '../../core/payloads.ts';
import { replyCompressible } from '../shared/compression.ts';
import { type Exchange, keptHeaders, reply } from '../shared/exchange.ts';
import { mountResource, type Operation } from '../shared/resource.ts';
import { llmsText } from './llms.ts';
import { llmsOperation, robotsOperation, sharexOperation } from './operations.ts';
import { sharexUploader } from './sharex.ts';

/** What is shared is for those who have the link. */
const robots = `User-agent: *
Disallow: /p/
Disallow: /raw/
Disallow: /f/
Disallow: /signed/
`;

/** What programs are told. A PUT of such a name at the root is an upload. */
export function mountProgramRoutes(app: Elysia, limits: PayloadLimits, anonymousCreate: boolean): void {
  const mount = (path: string, operation: Operation, handler: (exchange: Exchange) => Response) =>
    mountResource(app, path, { GET: { handler, operation } });
  mount('/llms.txt', llmsOperation, (exchange) =>
    replyText(exchange, llmsText(exchange.publicUrl, limits, anonymousCreate)),
  );
  mount('/robots.txt', robotsOperation, (exchange) => replyText(exchange, robots));
  mount('/sharex.sxcu', sharexOperation, (exchange) => {
    const headers = {
      'content-type': 'application/json',
      'content-disposition': 'attachment; filename="mayfly.sxcu"',
    };
    return reply(
      exchange,
      200,
      headers,
      `${JSON.stringify(sharexUploader(exchange.publicUrl, anonymousCreate), null, 2)}\n`,
    );
  });
}

function replyText(exchange: Exchange, text: string): Response {
  return replyCompressible(exchange, keptHeaders({ 'content-type': 'text/plain; charset=utf-8' }), text);
}
