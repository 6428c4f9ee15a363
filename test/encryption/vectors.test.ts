import { expect, test } from 'bun:test';
import { checkout } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';
import { expected, tryVector, vectors } from './vectors.ts';

test.each(vectors.map((vector) => [vector.name, vector] as const))(
  'a file that another implementation sealed, %s, is opened and sealed to the same bytes',
  async (_, vector) => expect(await tryVector(vector)).toEqual(expected(vector)),
);

test('the vectors have every case', () => {
  const lengths = vectors.map(({ sealed }) => Uint8Array.fromBase64(sealed).length);
  // 60 bytes of header; a chunk of 65,536 bytes has a tag of 16 (docs/encryption.md).
  expect(lengths).toContain(60 + 65_536 + 16);
  expect(Math.max(...lengths)).toBeGreaterThan(60 + 65_536 + 2 * 16);
  expect(vectors.map(({ contentLength }) => contentLength)).toContain(0);
  expect(vectors.map(({ iterations }) => iterations)).toContain(600_000);
});

await suiteWith(['deno'], 'the vectors on Deno', ({ deno }) => {
  test('are opened and sealed to the same bytes', () => {
    const program = `
      import { tryVector, vectors } from './test/encryption/vectors.ts';
      console.log(JSON.stringify(await Promise.all(vectors.map(tryVector))));`;
    const child = Bun.spawnSync([deno, 'eval', '--quiet', program], { cwd: checkout });
    expect(child.stderr.toString()).toBe('');
    expect(JSON.parse(child.stdout.toString())).toEqual(vectors.map(expected));
  });
});
