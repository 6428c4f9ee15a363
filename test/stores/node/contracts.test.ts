import { setDefaultTimeout, test } from 'bun:test';
import { suiteWith } from '../../support/suite-with.ts';
import { runContracts } from './run-contracts.ts';

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
  // It runs a program on Bun.
  const skipped = ['--test-skip-pattern=keep no process alive'];
  test.each(files)('%s', (file) => runContracts(node, file, skipped));
});
