import { expect } from 'bun:test';
import { checkout } from '../../support/parts.ts';
import { startProcess } from '../../support/running-process.ts';

/** Runs a test file on Node, and expects its tests to pass. @param options Options of Node, such as the tests to skip */
export async function runContracts(node: string, file: string, options: string[] = []): Promise<void> {
  const run = startProcess(
    node,
    [
      ...['--experimental-strip-types', '--no-warnings', '--import', './test/stores/node/register.ts'],
      ...['--test-force-exit', '--test-reporter=tap', ...options, file],
    ],
    { cwd: checkout },
  );
  const code = await run.exited;
  const report = run.output();
  expect(report.match(/^ *not ok .*$/gm) ?? []).toEqual([]);
  expect(Number(/^# pass (\d+)$/m.exec(report)?.[1])).toBeGreaterThan(5);
  expect(code).toBe(0);
}
