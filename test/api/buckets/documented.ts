import { expect, test } from 'bun:test';
import type { FileServerOf } from '../file-server.ts';

type Operations = Record<string, { responses: Record<string, unknown> }>;
type Document = { paths: Record<string, Operations> };
type Answer = { method: string; path: string; status: number };

const seen = new Map<string, Map<string, Answer>>();

/** Records a response, to compare it with the OpenAPI document. */
export function recordAnswer(method: string, address: string, status: number): void {
  const { origin, pathname } = new URL(address);
  const answers = seen.get(origin) ?? new Map<string, Answer>();
  seen.set(origin, answers);
  // Objects can have many keys: record the same response once.
  answers.set(`${method} ${status} ${shapeOf(pathname)}`, { method, path: pathname, status });
}

/** The last suite: every response to the others is in the document. */
export function documented(server: FileServerOf): void {
  test('every status in these tests is documented for its operation', async () => {
    const { url } = await server();
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
    const undocumented: string[] = [];
    let compared = 0;
    for (const { method, path, status } of seen.get(new URL(url).origin)?.values() ?? []) {
      const template = templateFor(document, method, path);
      const operation = template === undefined ? undefined : operationOf(document, method, template);
      if (operation === undefined) {
        // There is no such operation, so the response must say that.
        if (![400, 401, 403, 404, 405, 204].includes(status))
          undocumented.push(`${method} ${path}: ${status}`);
        continue;
      }
      compared += 1;
      const codes = Object.keys(operation.responses);
      if (!codes.includes(String(status)) && !codes.includes(`${Math.floor(status / 100)}XX`))
        undocumented.push(`${method} ${template}: ${status}`);
    }
    expect([...new Set(undocumented)].sort()).toEqual([]);
    expect(compared).toBeGreaterThan(30);
  });
}

function operationOf({ paths }: Document, method: string, template: string) {
  const operations = paths[template] ?? {};
  const verb = method.toLowerCase();
  return operations[verb] ?? (verb === 'head' ? operations.get : undefined);
}

/** The template with the most literal segments, of those with the method. */
function templateFor(document: Document, method: string, path: string): string | undefined {
  return Object.keys(document.paths)
    .filter((template) => operationOf(document, method, template) && matches(template, path))
    .sort((one, other) => ownWords(other) - ownWords(one))[0];
}

const ownWords = (template: string) => template.split('/').filter((word) => !word.startsWith('{')).length;

function matches(template: string, path: string): boolean {
  if (!/^\/(?:v1|signed)\//.test(template)) return false;
  const pattern = template
    .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replace('{key}', '.+')
    .replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path);
}

const shapeOf = (path: string) =>
  path
    .replace(/^(\/v1\/buckets\/|\/signed\/)[^/]+/, '$1b')
    .replace(/(\/objects\/|\/signed\/b\/).*?(\/copy)?$/, '$1k$2')
    .replace(/\/(uploads|parts|keys|webhooks|deliveries)\/[^/]+/g, '/$1/x');
