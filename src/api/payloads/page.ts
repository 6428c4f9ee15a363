import escapeHtml from 'escape-html';
import { formatTime } from '../../core/expiry.ts';
import type { StoredPayload } from '../../core/ports/payload-store.ts';
import { page } from '../shared/page.ts';

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
