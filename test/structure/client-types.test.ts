import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { clientTypes } from '../../scripts/client-types.ts';
import { checkout } from '../support/parts.ts';

test('src/client/api has the generated types, and `npm run client-types` would not change them', async () => {
  const generated = await clientTypes();
  expect(readdirSync(join(checkout, 'src/client/api')).sort()).toEqual(
    [...generated.keys()].map((path) => basename(path)).sort(),
  );
  for (const [path, text] of generated) expect(readFileSync(join(checkout, path), 'utf8')).toBe(text);
}, 30_000);
