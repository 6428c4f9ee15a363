import { beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codes as bucketCodes } from '../../src/api/buckets/error-codes.ts';
import { serviceCodes } from '../../src/api/shared/service-codes.ts';
import { citationsIn, projectTexts } from '../documents/citations.ts';
import { uploadkitCodes } from '../documents/error-codes.ts';
import { firstColumn, headingsOf, section } from '../documents/markdown.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { checkout } from '../support/parts.ts';

const page = (name: string) => readFileSync(join(checkout, 'docs/contract', name), 'utf8');
const pages = ['shared.md', 'payloads.md', 'putput.md', 'uploadkit.md', 'buckets.md'];

describe('the routes of docs/contract', () => {
  let documented: string[];
  beforeAll(async () => {
    const mayfly = await startMayfly();
    const { paths } = (await (await fetch(`${mayfly.url}/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    await mayfly.stop();
    documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }, 60_000);

  test('are exactly those of the OpenAPI document', () => {
    const listed = pages.flatMap((name) => firstColumn(page(name)).filter((cell) => /^[A-Z]+ \//.test(cell)));
    // "Every route below `/api/v1` also exists below `/api`" (docs/contract/putput.md, "Routes").
    const unversioned = documented.filter((route) => / \/api\/(?!v1\/)/.test(route));
    const versioned = documented.filter((route) => !unversioned.includes(route));
    expect(distinct(listed.map(withoutNames))).toEqual(distinct(versioned.map(withoutNames)));
    const servedTwice = versioned.filter((route) => unversioned.includes(route.replace('/api/v1/', '/api/')));
    expect(servedTwice).toHaveLength(unversioned.length);
  });
});

describe('the error codes of docs/contract', () => {
  const listedIn = (name: string) => distinct(firstColumn(section(page(name), 'Errors')));

  test('buckets.md has every code of the bucket API, and no other', () => {
    expect(listedIn('buckets.md')).toEqual(distinct(Object.values(bucketCodes)));
  });

  test('putput.md has every code of PutPut, and no other', () => {
    // Only UploadKit has file routes.
    const known = Object.values(serviceCodes).filter((code) => code !== 'ROUTE_NOT_FOUND');
    expect(listedIn('putput.md')).toEqual(distinct(known));
  });

  test('uploadkit.md has every code of UploadKit, and no other', () => {
    // Conditions and ranges apply to file content, whose errors are PutPut's.
    const others = ['PRECONDITION_FAILED', 'RANGE_NOT_SATISFIABLE'];
    // The types of the client library's errors are in a separate table.
    const listed = listedIn('uploadkit.md').filter((name) => name === name.toUpperCase());
    expect(listed).toEqual(distinct(uploadkitCodes.filter((code) => !others.includes(code))));
  });
});

describe('the documents that the project cites', () => {
  const texts = projectTexts();
  const cited = texts.flatMap(({ file, text }) => citationsIn(file, text));

  test('exist', () => {
    expect(cited.length).toBeGreaterThan(150);
    expect(cited.filter(({ page }) => !existsSync(join(checkout, page)))).toEqual([]);
  });

  test('have the cited sections', () => {
    const headings = new Map(
      [...new Set(cited.map(({ page }) => page))].map((page) => [
        page,
        headingsOf(readFileSync(join(checkout, page), 'utf8')),
      ]),
    );
    const sections = cited.filter(({ section }) => section !== undefined);
    expect(sections.length).toBeGreaterThan(80);
    expect(
      sections.filter(({ page, section = '' }) => headings.get(page)?.includes(section) !== true),
    ).toEqual([]);
  });

  test('do not include earlier ones, which are not in the repository', () => {
    // The brackets keep these lines from finding themselves.
    const earlier = /\b[w]ire\b|\b[s]eeds? \d|\bthe [s]eeds?\b|\b[s]eed['’]s\b|\([d]esign\b/i;
    expect(texts.filter(({ text }) => earlier.test(text)).map(({ file }) => file)).toEqual([]);
  });
});

/** A route without the names of its parameters, which differ between APIs that share a path. */
function withoutNames(route: string): string {
  return route.replaceAll(/\{\w+\}/g, '{}');
}

function distinct(names: string[]): string[] {
  return [...new Set(names)].sort();
}
