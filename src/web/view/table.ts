import { essenceOf } from '../shell/syntaxes.ts';

/** Rows that are shown; a table with more is shown as its text. */
const mostRows = 2000;

/** The rows of CSV (RFC 4180) or of values between tabs; undefined where it is no table, or one too long. */
export function parseTable(text: string, mediaType: string): string[][] | undefined {
  const separator = essenceOf(mediaType) === 'text/tab-separated-values' ? '\t' : separatorOf(text);
  const cell = new RegExp(
    `(?:"((?:[^"]|"")*)"|([^"\\r\\n${separator}][^\\r\\n${separator}]*|))(\\r\\n|\\n|\\r|${separator}|$)`,
    'y',
  );
  const rows: string[][] = [];
  let row: string[] = [];
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (found === null || rows.length > mostRows) return undefined;
    const [, quoted, bare = '', end] = found;
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === separator) continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push([...row, '']);
  const isTable = rows.length > 1 && rows.some((cells) => cells.length > 1);
  return isTable ? rows : undefined;
}

/** Where a comma separates decimals, a semicolon separates values. */
function separatorOf(text: string): string {
  const [header = ''] = text.split('\n', 1);
  return header.split(';').length > header.split(',').length ? ';' : ',';
}
