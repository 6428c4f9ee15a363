import { essenceOf } from '../../shell/syntaxes.ts';
import { weightOfText } from '../opening/text-weight.ts';
import { maxNodes, maxRunWeight, maxTableWeight } from './limits.ts';

/** A table with more rows is shown as text. */
const maxRows = 2000;
/** In order of preference: texts with decimal commas use semicolons. */
const separators = ['\t', ';', ','];

/**
 * The rows of CSV (RFC 4180) or tab-separated values.
 *
 * @returns undefined if the text is not a table; `large` if it has too many rows or cells, or a cell that is too long
 */
export function parseTable(text: string, mediaType: string): string[][] | 'large' | undefined {
  // Excel writes the separator to a line of its own.
  const [instruction = '', named] = /^sep=([^"\r\n])(?:\r\n|\n|\r)/i.exec(text) ?? [];
  const body = text.slice(instruction.length);
  const isTabbed = essenceOf(mediaType) === 'text/tab-separated-values';
  const rows = readRows(body, named ?? (isTabbed ? '\t' : guessSeparator(body)), maxRows);
  if (rows === undefined || rows.length < 2 || !rows.some((cells) => cells.length > 1)) return undefined;
  const cells = rows.flat();
  if (rows.length > maxRows || cells.length > maxNodes || weightOfText(body) > maxTableWeight) return 'large';
  return cells.some((cell) => weightOfText(cell) > maxRunWeight) ? 'large' : rows;
}

/**
 * The separator with which most rows have as many values as the first, if that has more than one. A separator that
 * misplaces quotes is ignored.
 */
function guessSeparator(text: string): string {
  const shares = separators.map((separator) => {
    const rows = readRows(text, separator, maxRows) ?? [];
    const width = rows[0]?.length ?? 0;
    return width < 2 ? 0 : rows.filter((cells) => cells.length === width).length / rows.length;
  });
  const best = Math.max(...shares);
  return (best > 0 && separators[shares.indexOf(best)]) || ',';
}

/** Reads up to one row more than `max`; undefined if quotes are misplaced. */
function readRows(text: string, separator: string, max: number): string[][] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length && rows.length <= max; ) {
    const isQuoted = text[at] === '"';
    const end = isQuoted ? endOfQuoted(text, at) : endOfBare(text, at, separator);
    const next = text[end];
    if (end === -1 || (isQuoted && next !== undefined && !`${separator}\r\n`.includes(next)))
      return undefined;
    const value = text.slice(at, end);
    row.push(isQuoted ? value.slice(1, -1).replaceAll('""', '"') : value);
    at = end + (next === '\r' && text[end + 1] === '\n' ? 2 : 1);
    if (next === separator) continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push([...row, '']);
  return rows;
}

/** The offset after the closing quote; -1 if there is none. */
function endOfQuoted(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  return quote === -1 ? -1 : quote + 1;
}

function endOfBare(text: string, start: number, separator: string): number {
  let at = start;
  while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at += 1;
  return at;
}
