import { expect, setDefaultTimeout, test } from 'bun:test';
import { checkout } from '../../support/parts.ts';
import { startProcess } from '../../support/running-process.ts';
import { suiteWith } from '../../support/suite-with.ts';

setDefaultTimeout(240_000);

const files = [
  'test/stores/sqlite/contracts.test.ts',
  'test/stores/sqlite/contract-races.test.ts',
  'test/stores/blobs/disk.test.ts',
  'test/stores/budgets/process-budget.test.ts',
  'test/stores/codings/worker-codings.test.ts',
  'test/stores/limits/memory.test.ts',
];

await suiteWith(['node'], 'the contracts of the ports, on Node', ({ node }) => {
  test.each(files)('%s', async (file) => {
    const run = startProcess(
      node,
      [
        ...['--experimental-strip-types', '--no-warnings', '--import', './test/stores/node/register.ts'],
        // It runs a program on Bun.
        ...['--test-skip-pattern=keep no process alive', '--test-force-exit', '--test-reporter=tap', file],
      ],
      { cwd: checkout },
    );
    const code = await run.exited;
    const report = run.output();
    expect(report.match(/^ *not ok .*$/gm) ?? []).toEqual([]);
    expect(Number(/^# pass (\d+)$/m.exec(report)?.[1])).toBeGreaterThan(5);
    expect(code).toBe(0);
  });
});
