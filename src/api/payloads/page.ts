import escapeHtml from 'escape-html';
import { formatTime } from '../../core/expiry.ts';
import type { StoredPayload } from '../../core/ports/payload-store.ts';

/** The page runs no script and loads nothing; counted payloads must not be taken by a cache either. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
  vary: 'Accept',
};

/** What `/p/{hash_id}` shows in a browser. It never takes a read: the reader asks for that. */
export function payloadPage(payload: StoredPayload): string {
  const { id, mediaType, size, expiresAt, readsLeft, name } = payload;
  const title = name ?? id;
  const facts = `${mediaType}, ${size} bytes, expires ${formatTime(expiresAt)}`;
  const body =
    readsLeft === null
      ? `${preview(payload)}<p><a href="/raw/${id}">Open or save the content</a></p>`
      : `<p>It can be read ${readsLeft} more ${readsLeft === 1 ? 'time' : 'times'}; opening it takes one.</p>
<form action="/raw/${id}" method="get"><button>Open it</button></form>`;
  return page(title, `<p>${escapeHtml(facts)}</p>\n${body}`);
}

/** One page for every id that leads nowhere. */
export function notFoundPage(): string {
  return page('Not found', '<p>There is nothing here, or its time is up.</p>');
}

function preview({ id, content, isText, mediaType, name }: StoredPayload): string {
  if (content.kind === 'inline' && isText && typeof content.data === 'string')
    return `<pre>${escapeHtml(content.data)}</pre>`;
  if (/^image\/(?:png|jpeg|gif|webp|avif)$/.test(mediaType))
    return `<p><img src="/raw/${id}" alt="${escapeHtml(name ?? '')}"></p>`;
  return '';
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} · Mayfly</title>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}
