import type { OpenedPayload } from '../../core/payloads/payloads.ts';
import type { StoredPayload } from '../../core/ports/payload-store.ts';
import { composeMessages } from '../../web/compose/messages.ts';
import { viewMessages } from '../../web/view/messages.ts';
import { safeName } from '../../web/view/opening/content.ts';
import { decodeText } from '../../web/view/opening/decode-text.ts';
import { mayBeText, showsText } from '../../web/view/opening/kinds.ts';
import { servedPayload } from '../../web/view/opening/served-text.ts';
import type { Exchange } from '../shared/exchange.ts';
import type { PayloadApi } from './api.ts';
import { shareUrl } from './created-answer.ts';

/** `/` in a browser. */
export function composePage(exchange: Exchange, api: PayloadApi): Response {
  const { title } = exchange.pages.messages(exchange, composeMessages);
  // The page holds nothing private. If the browser may store it, going back restores what the user typed.
  const headers = { 'cache-control': 'no-cache' };
  return exchange.pages.reply(exchange, 'compose', title, composeProps(api), { headers });
}

/** The response to the form without scripts. */
export function sharedPage(
  exchange: Exchange,
  api: PayloadApi,
  payload: StoredPayload,
  deleteToken: string,
): Response {
  const { shared: title } = exchange.pages.messages(exchange, composeMessages);
  const { id, name, mediaType: type, size, createdAt, expiresAt, readsLeft: maxReads } = payload;
  const url = shareUrl(api.publicUrl, id);
  // Not by Origin: with our referrer policy a form sends none.
  const isOurForm = exchange.request.headers.get('sec-fetch-site') === 'same-origin';
  const shared = { id, url, name, type, size, createdAt, expiresAt, maxReads, deleteToken, isOurForm };
  const props = { ...composeProps(api), shared };
  return exchange.pages.reply(exchange, 'compose', title, props, {
    status: 201,
    headers: { location: url },
    isSecret: true,
  });
}

/** The error page for the form without scripts, with the status and message of the API. */
export function refusalPage(
  exchange: Exchange,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  const texts = exchange.pages.messages(exchange, composeMessages);
  const known: Record<number, string> = {
    401: texts.keyRefused,
    413: texts.tooLargeHere,
    507: texts.noRoomHere,
  };
  const props = {
    heading: texts.problemTitle,
    paragraphs: [known[status] ?? texts.notTaken, message, texts.backKeeps],
    links: [{ path: '/', text: texts.beginAgain }],
  };
  return exchange.pages.reply(exchange, 'notice', texts.problemTitle, props, { status, headers });
}

function composeProps({ payloads, anonymousCreate }: PayloadApi) {
  const { maxAnonymousSize, defaultTtl, maxTtl } = payloads.limits;
  return {
    maxSize: maxAnonymousSize,
    defaultTtl: defaultTtl / 1000,
    maxTtl: maxTtl / 1000,
    needsKey: !anonymousCreate,
  };
}

/** The page of a payload in a browser. It never takes a read before the user asks for it. */
export async function payloadPage(
  exchange: Exchange,
  { payloads, clock }: PayloadApi,
  payload: StoredPayload,
): Promise<Response> {
  const { id, mediaType, size, createdAt, expiresAt, readsLeft } = payload;
  const name = safeName(payload.name ?? '') || null;
  const isSentAlong =
    readsLeft === null &&
    (showsText(payload) || (!payload.isText && mayBeText(payload))) &&
    size <= maxTextSent &&
    !exchange.headOnly;
  const text = isSentAlong ? await textOf((await payloads.open(payload)).bytes, mediaType) : null;
  const isText = payload.isText || text !== null;
  const facts = { name, mediaType, size, isText, createdAt, expiresAt, readsLeft };
  const about = { id, raw: `${exchange.basePath}/raw/${id}`, ...facts, servedAt: clock() };
  return exchange.pages.reply(exchange, 'view', name ?? id, servedPayload({ ...about, text }));
}

/** Longer text (bytes) is not part of the page, whose script fetches it. */
const maxTextSent = 1024 * 1024;

/** Decodes bytes as text; null if the server does not know their encoding. */
async function textOf(bytes: OpenedPayload['bytes'], mediaType: string): Promise<string | null> {
  const whole = new Uint8Array(await new Response(bytes as BodyInit).arrayBuffer());
  return decodeText(whole, mediaType)?.text ?? null;
}

/** The same page for every id without a payload. */
export function notFoundPage(exchange: Exchange): Response {
  const texts = exchange.pages.messages(exchange, viewMessages);
  const props = {
    heading: texts.missingTitle,
    paragraphs: [texts.missing, texts.missingReasons, texts.missingHint],
    links: [{ path: '/', text: texts.newPaste }],
  };
  return exchange.pages.reply(exchange, 'notice', texts.missingTitle, props, { status: 404 });
}
