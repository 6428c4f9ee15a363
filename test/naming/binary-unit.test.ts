import { expect, test } from 'bun:test';
import { formatBytes } from '../../src/cli/use/progress.ts';
import { inBinaryUnit } from '../../src/naming/binary-unit.ts';
import { formatBytes as formatOnPages } from '../../src/web/shell/text/format.ts';

// IEC 80000-13: Ki is 1024, Mi is 1024 squared, and so on.
test.each([
  [0, 0, ''],
  [1023, 1023, ''],
  [1024, 1, 'Ki'],
  [1536, 1.5, 'Ki'],
  [1024 ** 2 - 1, (1024 ** 2 - 1) / 1024, 'Ki'],
  [3 * 1024 ** 3, 3, 'Gi'],
  [2048 * 1024 ** 4, 2048, 'Ti'],
] as const)('%p bytes use the largest unit', (bytes, amount, prefix) => {
  expect(inBinaryUnit(bytes, 1024)).toEqual({ amount, prefix });
});

test('an amount that the caller would round to 1024 uses the next unit', () => {
  expect(inBinaryUnit(1023.6 * 1024, 1023.5)).toEqual({ amount: 1023.6 / 1024, prefix: 'Mi' });
});

test.each([
  [0, '0 B', '0 bytes'],
  [1, '1 B', '1 byte'],
  [1024, '1.0 KiB', '1 KiB'],
  [1536, '1.5 KiB', '1.5 KiB'],
  [1024 ** 2 - 1, '1.0 MiB', '1 MiB'],
  [12.34 * 1024 ** 2, '12.3 MiB', '12.3 MiB'],
  [512 * 1024 ** 3, '512.0 GiB', '512 GiB'],
] as const)('the command line and the pages show %p bytes in the same unit', (bytes, shown, onPages) => {
  expect([formatBytes(bytes), formatOnPages(bytes, 'en')]).toEqual([shown, onPages]);
});
