import { weightOf } from '../opening/text-weight.ts';
import { colours, type Tokens } from './token-emitter.ts';

/** Longer lines are cut into rows (by weight): browsers need seconds to lay out one line of a megabyte. */
const maxRowWeight = 10_000;
/** The maximum of rows in a block, which is laid out as a whole, and its approximate weight. */
const rowsPerBlock = 200;
const weightPerBlock = 40_000;
/**
 * Text after this many rows is not shown: browsers limit elements to 33 million pixels. A text that the server sends
 * with the page (1 MiB) has fewer rows.
 */
const maxRows = 1_050_000;
/** The assumed length of a wrapped row, to estimate the height of a block before its layout. */
const charactersPerWrappedRow = 100;

/** How a text is divided into rows, which are lines or pieces of long lines, and the rows into blocks. */
export type SourceRows = {
  text: string;
  /** The offset of each row, and at the end the offset after the last row. */
  starts: Uint32Array;
  /** The line number of each row, from 1. */
  lines: Uint32Array;
  /** The first row of each block, and at the end the number of rows. */
  blocks: Uint32Array;
  lineCount: number;
  /** The cost of the layout of the whole text (`text-weight.ts`). */
  weight: number;
  hasLongLines: boolean;
  /** Whether the text continues after the last row. */
  isShortened: boolean;
};

/** Divides a text into rows. `\n`, `\r\n` and `\r` end a line; at the end of the text they begin no line. */
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
  for (; at < text.length && lines.length < maxRows; at += 1) {
    const code = text.charCodeAt(at);
    rowWeight += weightOf(code);
    const endsLine = code === newLine || (code === carriageReturn && text.charCodeAt(at + 1) !== newLine);
    if (endsLine) {
      endRow(at + 1);
      line += 1;
    } else if (rowWeight >= maxRowWeight) endRow(cutOffset(text, rowStart, at));
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

/** The offset after the last separator near the end of a row, or else one that does not split a character. */
function cutOffset(text: string, start: number, end: number): number {
  for (let at = end; at > end - 100 && at > start; at -= 1)
    if (separators.has(text.charCodeAt(at - 1))) return at;
  const isLowSurrogate = (text.charCodeAt(end) & 0xfc00) === 0xdc00;
  return isLowSurrogate ? end - 1 : end;
}

const separators = new Set([...'\t ,;'].map((separator) => separator.charCodeAt(0)));

/** The index of the block in which a line begins. */
export function blockOfLine({ lines, blocks }: SourceRows, line: number): number {
  const row = firstIndex(lines.length, (at) => (lines[at] ?? 0) >= line);
  return Math.max(0, firstIndex(blocks.length, (at) => (blocks[at] ?? 0) > row) - 1);
}

/** The estimated height of a block, in lines. */
export function estimatedHeight(rows: SourceRows, block: number, wraps: boolean): number {
  const [first = 0, end = 0] = rows.blocks.subarray(block, block + 2);
  const characters = (rows.starts[end] ?? 0) - (rows.starts[first] ?? 0);
  return wraps ? Math.max(end - first, Math.ceil(characters / charactersPerWrappedRow)) : end - first;
}

/** Binary search for the first of `count` indexes that matches, after which all match; `count` if none does. */
function firstIndex(count: number, matches: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (matches(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A stretch of a line; `colour` is undefined for ordinary text. */
type Stretch = { text: string; colour?: (typeof colours)[number] };

/** The stretches of a text from `start` to `end`. */
export function stretchesOf(text: string, tokens: Tokens | undefined, start: number, end: number): Stretch[] {
  if (tokens === undefined || tokens.length === 0) return [{ text: text.slice(start, end) }];
  const found: Stretch[] = [];
  let at = start;
  // Tokens are in order and do not overlap.
  const first = firstIndex(tokens.length / 3, (token) => (tokens[token * 3 + 1] ?? 0) > start);
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
