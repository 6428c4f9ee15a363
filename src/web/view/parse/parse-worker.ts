import { ready } from '../timed-worker.ts';
import { jsonTable } from './json-table.ts';
import { markdownHtml } from './markdown-html.ts';
import { svgRefusal } from './svg-cost.ts';
import { parseTable } from './table.ts';

export type ParseRequest = { kind: 'markdown' | 'json' | 'table' | 'svg'; text: string; mediaType: string };

/**
 * Why only the source is shown: a browser could not show the content quickly, or, for `other`, the text is not what its
 * media type says. For an SVG, `other` means that it can be drawn.
 */
export type Refusal = 'other' | 'deep' | 'large';

export type Parsed = { html: string } | { table: Uint32Array<ArrayBuffer> } | { rows: string[][] } | Refusal;

addEventListener('message', ({ data }: MessageEvent<ParseRequest>) => {
  const parsed: Parsed = parse(data);
  const transfer = typeof parsed === 'object' && 'table' in parsed ? [parsed.table.buffer] : [];
  postMessage(parsed, { transfer });
});
postMessage(ready);

function parse({ kind, text, mediaType }: ParseRequest): Parsed {
  if (kind === 'svg') return svgRefusal(text) ?? 'other';
  if (kind === 'markdown') return markdownHtml(text);
  const found = kind === 'json' ? jsonTable(text) : parseTable(text, mediaType);
  if (found === undefined) return 'other';
  if (typeof found === 'string') return found;
  return Array.isArray(found) ? { rows: found } : { table: found };
}
