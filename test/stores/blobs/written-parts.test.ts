import { expect, test } from 'bun:test';
import { newHashId } from '../../../src/core/ids.ts';
import { S3BlobStore } from '../../../src/stores/blobs/s3.ts';
import { failureOf } from '../../core/failure-of.ts';
import { chunksOf } from '../../ports/blobs/content.ts';
import { writtenPartsContract } from '../../ports/written-parts.contract.ts';
import { startS3 } from '../../support/s3.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { openDirectS3 } from './direct-s3.ts';

await suiteWith(['versitygw'], 'parts that are written to S3 through this server', () => {
  writtenPartsContract('the contract', openDirectS3);

  test('are store_away while the server is unavailable', async () => {
    const s3 = await startS3();
    const away = new S3BlobStore(s3).direct;
    const key = newHashId();
    const uploadId = await away.startParts(key, 'video/mp4');
    await s3.stop();
    expect((await failureOf(() => away.writePart(key, uploadId, 1, chunksOf(10), 10))).code).toBe(
      'store_away',
    );
  });
});
