import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../support/parts.ts';
import { type Example, findExamples } from './examples.ts';
import { fencedBlocks } from './markdown.ts';

/** A document, with the examples that run in one shell. */
export type TestedPage = { page: string; text: string; examples: Example[] };

/** The documents with examples, in the order of their run. */
const names = [
  'README.md',
  'docs/command-line.md',
  'docs/client.md',
  'docs/api/payloads.md',
  'docs/api/putput.md',
  'docs/api/uploadkit.md',
  'docs/api/buckets.md',
];

export const testedPages: TestedPage[] = names.map((page) => {
  const text = readFileSync(join(checkout, page), 'utf8');
  return { page, text, examples: findExamples(fencedBlocks(text)) };
});

/** Masks values that differ in each run: ids, tokens, times, and delayed counts. The rest must match exactly. */
export function masked(output: string): string {
  return output
    .replaceAll(/\b[0-9a-f]{32}\b/g, '<id>')
    .replaceAll(/(?<=\/p\/<id>#)[\w-]{43}(?=\n|$)/g, '<secret>')
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/g, '<time>')
    .replaceAll(/\b(file_|upload_|_uploads\/)[0-9A-HJKMNP-TV-Z]{26}\b/g, '$1<id>')
    .replaceAll(/(?<=^x-delete-token: |"pp_|\?claim=)[\w-]{27}(?=$|")/gm, '<token>')
    .replaceAll(/(?<=\?expires=)\d{13}&signature=[\w-]{43}(?=")/g, '<signature>')
    .replaceAll(/(?<="wh_)[0-9a-f]{32}(?=")/g, '<id>')
    .replaceAll(/(?<="whsec_)[\w+/=]{44}(?=")/g, '<secret>')
    .replaceAll(/(?<="requestId":")[\w.-]+(?=")/g, '<id>')
    .replaceAll(/(?<="period":")\d{4}-\d\d(?=")/g, '<month>')
    .replaceAll(/(?<="(?:requests|bytesIn|bytesOut)":)\d+/g, '<count>')
    .trim();
}
