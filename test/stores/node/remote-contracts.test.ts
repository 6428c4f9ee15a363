import { setDefaultTimeout, test } from 'bun:test';
import { suiteWith } from '../../support/suite-with.ts';
import { runContracts } from './run-contracts.ts';

setDefaultTimeout(240_000);

// What depends on the clients of PostgreSQL, Redis and S3. The rest of the contracts is about statements and rules, which
// are the same on every runtime.
const files: [file: string, options: string[]][] = [
  ['test/stores/postgres/driver.test.ts', []],
  [
    'test/stores/postgres/contracts.test.ts',
    [
      '--test-name-pattern=^PostgreSQL (?:payloads in Postgre|the changes|idempotency|files in|accounts|writes|buckets in)',
    ],
  ],
  ['test/stores/limits/redis.test.ts', []],
  ['test/stores/invalidation/contracts.test.ts', []],
  ['test/stores/blobs/s3.test.ts', ['--test-skip-pattern=a list continues after a list page']],
];

await suiteWith(
  ['node', 'postgres', 'redis-server', 'versitygw'],
  'the contracts of the ports of other servers, on Node',
  ({ node }) => {
    test.each(files)('%s', (file, options) => runContracts(node, file, options));
  },
);
