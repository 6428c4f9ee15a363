import type { StoredPayload } from '../../core/ports/payload-store.ts';
import { composeMessages } from '../../web/compose/messages.ts';
import { viewMessages } from '../../web/view/messages.ts';
import type { Exchange } from '../shared/exchange.ts';
import type { PayloadApi } from './api.ts';

/** `/` in a browser. */
export function composePage(exchange: Exchange, { payloads }: PayloadApi): Response {
  const { title } = exchange.pages.messages(exchange, composeMessages);
  const { maxAnonymousSize, defaultTtl, maxTtl } = payloads.limits;
  return exchange.pages.reply(exchange, 'compose', title, {
    maxSize: maxAnonymousSize,
    defaultTtl: defaultTtl / 1000,
    maxTtl: maxTtl / 1000,
  });
}

/** What `/p/{hash_id}` shows in a browser. It never takes a read: the reader asks for that. */
export function payloadPage(exchange: Exchange, payload: StoredPayload): Response {
  const { id, name, mediaType, size, isText, createdAt, expiresAt, readsLeft, content } = payload;
  const isAtHand = readsLeft === null && isText && content.kind === 'inline';
  const text = isAtHand && typeof content.data === 'string' ? content.data : null;
  return exchange.pages.reply(exchange, 'view', name ?? id, {
    ...{ id, name, mediaType, size, isText, createdAt, expiresAt, readsLeft, text },
  });
}

/** One page for every id that leads nowhere. */
export function notFoundPage(exchange: Exchange): Response {
  const { missingTitle, missing, newPaste } = exchange.pages.messages(exchange, viewMessages);
  const links = [{ href: '/', text: newPaste }];
  const props = { heading: missingTitle, paragraphs: [missing], links };
  return exchange.pages.reply(exchange, 'notice', missingTitle, props, { status: 404 });
}
