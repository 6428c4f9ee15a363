import { afterAll } from 'bun:test';
import { startMayfly } from '../../support/mayfly-process.ts';
import { startS3 } from '../../support/s3.ts';
import { outOfReach, payloadContract } from './contract.ts';

let stopS3: (() => Promise<void>) | undefined;
afterAll(() => stopS3?.());

const start = async () => {
  const s3 = await startS3();
  stopS3 = s3.stop;
  return startMayfly({ env: { ...outOfReach, ...s3.env, INLINE_LIMIT: '1KiB' } });
};

await payloadContract('payloads on S3', start, ['versitygw']);
