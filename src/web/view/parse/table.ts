import { essenceOf } from '../../shell/syntaxes.ts';
import { weightOfText } from '../text-weight.ts';
import { heaviestTable, longestRun, mostNodes } from './limits.ts';

/** A table with more rows is shown as its text. */
const mostRows = 2000;
/** In the order of preference: where a comma separates decimals, a semicolon separates values. */
const separators = ['\t', ';', ','];

/**
 * The rows of CSV (RFC 4180) or of values between tabs.
 *
 * @returns undefined where the text is no table; `large` where it has too many rows or cells, or a cell that is too long
 */
export function parseTable(text: string, mediaType: string): string[][] | 'large' | undefined {
  // Excel writes the separator into a line of its own.
  const [instruction = '', named] = /^sep=([^"\r\n])(?:\r\n|\n|\r)/i.exec(text) ?? [];
  const body = text.slice(instruction.length);
  const isTabbed = essenceOf(mediaType) === 'text/tab-separated-values';
  const rows = readRows(body, named ?? (isTabbed ? '\t' : guessSeparator(body)), mostRows);
  if (rows === undefined || rows.length < 2 || !rows.some((cells) => cells.length > 1)) return undefined;
  const cells = rows.flat();
  if (rows.length > mostRows || cells.length > mostNodes || weightOfText(body) > heaviestTable)
    return 'large';
  return cells.some((cell) => weightOfText(cell) > longestRun) ? 'large' : rows;
}

/**
 * The separator by which the most rows have as many values as the first, if that has more than one. A separator by which
 * quotes are misplaced is none.
 */
function guessSeparator(text: string): string {
  const shares = separators.map((separator) => {
    const rows = readRows(text, separator, mostRows) ?? [];
    const width = rows[0]?.length ?? 0;
    return width < 2 ? 0 : rows.filter((cells) => cells.length === width).length / rows.length;
  });
  const best = Math.max(...shares);
  return (best > 0 && separators[shares.indexOf(best)]) || ',';
}

/** Reads values up to one row more than `most`; undefined where quotes are misplaced. */
function readRows(text: string, separator: string, most: number): string[][] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length && rows.length <= most; ) {
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

/** After the closing quote; -1 where there is none. */
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
