import { ready } from '../timed-worker.ts';
import { jsonTable } from './json-table.ts';
import { markdownHtml } from './markdown-html.ts';
import { parseTable } from './table.ts';

/** A text to read as what its type says. */
export type ParseOrder = { kind: 'markdown' | 'json' | 'table'; text: string; mediaType: string };

/** Why a text is shown as its source: it is not what its type says, or a browser could not show it in a moment. */
export type Refusal = 'other' | 'deep' | 'large';

/** What came of it. */
export type Parsed = { html: string } | { table: Uint32Array<ArrayBuffer> } | { rows: string[][] } | Refusal;

addEventListener('message', ({ data }: MessageEvent<ParseOrder>) => {
  const parsed: Parsed = parse(data);
  const transfer = typeof parsed === 'object' && 'table' in parsed ? [parsed.table.buffer] : [];
  postMessage(parsed, { transfer });
});
postMessage(ready);

function parse({ kind, text, mediaType }: ParseOrder): Parsed {
  if (kind === 'markdown') return markdownHtml(text);
  const found = kind === 'json' ? jsonTable(text) : parseTable(text, mediaType);
  if (found === undefined) return 'other';
  if (typeof found === 'string') return found;
  return Array.isArray(found) ? { rows: found } : { table: found };
}
