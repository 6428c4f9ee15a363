import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetBucketCorsCommand } from '@aws-sdk/client-s3';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { checkout } from '../support/parts.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { fencedBlocks } from './markdown.ts';

await suiteWith(['versitygw'], 'the CORS rule in docs/operations.md', () => {
  test('is the rule that mayfly cors sets', async () => {
    const s3 = await startS3();
    await mayflyOutput(temporaryDirectory('cors'), ['cors'], s3.env);
    const { CORSRules } = await s3.client.send(new GetBucketCorsCommand({ Bucket: s3.bucket }));
    await s3.stop();
    const operations = readFileSync(join(checkout, 'docs/operations.md'), 'utf8');
    const documented = fencedBlocks(operations).find(({ language }) => language === 'json')?.text ?? '{}';
    expect(JSON.parse(documented).CORSRules).toEqual(CORSRules);
  });
});
