import { weightOf } from '../text-weight.ts';
import { colours, type Tokens } from './token-emitter.ts';

/** Longer lines are cut into rows (by weight): browsers need seconds to lay out one line of a megabyte. */
const longestRow = 10_000;
/** A block of rows, which is laid out at once, has at most so many rows and about this weight. */
const rowsPerBlock = 200;
const weightPerBlock = 40_000;
/**
 * Text after so many rows is not shown: no browser shows what is higher than 33 million pixels. A text that the server
 * sends with the page (1 MiB) has no more.
 */
const mostRows = 1_050_000;
/** How many characters a wrapped row has, by which the height of a row that is not laid out is estimated. */
const charactersPerWrappedRow = 100;

/** How a text is divided into rows, which are lines or pieces of long lines, and the rows into blocks. */
export type SourceRows = {
  text: string;
  /** Where each row begins. One more number says where the last one ends. */
  starts: Uint32Array;
  /** The number of the line of each row, from 1. */
  lines: Uint32Array;
  /** The first row of each block. One more number is the count of rows. */
  blocks: Uint32Array;
  lineCount: number;
  /** How much work it is to lay all of it out (`text-weight.ts`). */
  weight: number;
  hasLongLines: boolean;
  /** Whether the text goes on after the last row. */
  isShortened: boolean;
};

/** Divides a text into rows. `\n`, `\r\n` and `\r` end a line; at the end of the text they begin no other line. */
export function sourceRows(text: string): SourceRows {
  const starts = [0];
  const lines: number[] = [];
  const blocks = [0];
  let [line, rowStart, at] = [1, 0, 0];
  let [weight, rowWeight, blockWeight] = [0, 0, 0];
  const endRow = (end: number) => {
    lines.push(line);
    starts.push(end);
    rowStart = end;
    weight += rowWeight;
    blockWeight += rowWeight;
    rowWeight = 0;
    if (lines.length - (blocks.at(-1) ?? 0) < rowsPerBlock && blockWeight < weightPerBlock) return;
    blocks.push(lines.length);
    blockWeight = 0;
  };
  for (; at < text.length && lines.length < mostRows; at += 1) {
    const code = text.charCodeAt(at);
    rowWeight += weightOf(code);
    const endsLine = code === newLine || (code === carriageReturn && text.charCodeAt(at + 1) !== newLine);
    if (endsLine) {
      endRow(at + 1);
      line += 1;
    } else if (rowWeight >= longestRow) endRow(placeToCut(text, rowStart, at));
  }
  if (rowStart < at || lines.length === 0) endRow(at);
  if (blocks.at(-1) !== lines.length) blocks.push(lines.length);
  return {
    text,
    starts: Uint32Array.from(starts),
    lines: Uint32Array.from(lines),
    blocks: Uint32Array.from(blocks),
    lineCount: lines.at(-1) ?? 1,
    weight,
    hasLongLines: lines.at(-1) !== lines.length,
    isShortened: at < text.length,
  };
}

const newLine = 0x0a;
const carriageReturn = 0x0d;

/** After the last separator near the end of a row, or else where no character is taken apart. */
function placeToCut(text: string, start: number, end: number): number {
  for (let at = end; at > end - 100 && at > start; at -= 1)
    if (separators.has(text.charCodeAt(at - 1))) return at;
  const isLowSurrogate = (text.charCodeAt(end) & 0xfc00) === 0xdc00;
  return isLowSurrogate ? end - 1 : end;
}

const separators = new Set([...'\t ,;'].map((separator) => separator.charCodeAt(0)));

/** The block, counted from 0, in which a line begins. */
export function blockOfLine({ lines, blocks }: SourceRows, line: number): number {
  const row = firstPlace(lines.length, (at) => (lines[at] ?? 0) >= line);
  return Math.max(0, firstPlace(blocks.length, (at) => (blocks[at] ?? 0) > row) - 1);
}

/** How many lines of the window a block is high, as far as that is known without laying it out. */
export function estimatedHeight(rows: SourceRows, block: number, wraps: boolean): number {
  const [first = 0, end = 0] = rows.blocks.subarray(block, block + 2);
  const characters = (rows.starts[end] ?? 0) - (rows.starts[first] ?? 0);
  return wraps ? Math.max(end - first, Math.ceil(characters / charactersPerWrappedRow)) : end - first;
}

/** The first of `count` places that is late enough, where all after it are too; `count` for none. */
function firstPlace(count: number, isLateEnough: (place: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isLateEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A stretch of a line; `colour` is missing where it looks like ordinary text. */
type Stretch = { text: string; colour?: (typeof colours)[number] };

/** The stretches from `start` to `end` of a text, of which there may be one alone. */
export function stretchesOf(text: string, tokens: Tokens | undefined, start: number, end: number): Stretch[] {
  if (tokens === undefined || tokens.length === 0) return [{ text: text.slice(start, end) }];
  const found: Stretch[] = [];
  let at = start;
  // Tokens are in order and do not overlap.
  const first = firstPlace(tokens.length / 3, (token) => (tokens[token * 3 + 1] ?? 0) > start);
  for (let token = first * 3; token < tokens.length; token += 3) {
    const [from = 0, to = 0, colour = 0] = tokens.subarray(token, token + 3);
    if (from >= end) break;
    if (from > at) found.push({ text: text.slice(at, from) });
    const last = Math.min(to, end);
    found.push({ text: text.slice(Math.max(from, at), last), colour: colours[colour] });
    at = last;
  }
  if (at < end) found.push({ text: text.slice(at, end) });
  return found;
}
