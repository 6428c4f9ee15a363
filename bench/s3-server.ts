import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, makeScratchFolder } from './checkout.ts';
import type { Lifetime } from './lifetime.ts';
import { accepts, freePort, untilReady } from './ports.ts';
import { type Environment, runProcess, startProcess } from './processes.ts';

const source = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';
const binaryFolder = join(checkout, '.cache', 'bin');
const binary = join(binaryFolder, 'versitygw');
const installSeconds = 600;
const bucket = 'bench';
const accessKey = 'bench-access';
const secretKey = 'bench-secret';

/**
 * Starts a real S3 server on a new folder, and builds it first if it is missing.
 *
 * @param accessLog Gets one line for each request.
 * @returns settings for Mayfly
 */
export async function startS3(lifetime: Lifetime, accessLog?: string): Promise<Environment> {
  if (!existsSync(binary))
    await runProcess(lifetime, ['go', 'install', source], installSeconds, { GOBIN: binaryFolder });
  const root = makeScratchFolder(lifetime);
  mkdirSync(join(root, bucket));
  const port = await freePort();
  const keys = ['--access', accessKey, '--secret', secretKey];
  const logging = accessLog === undefined ? [] : ['--access-log', accessLog];
  const options = ['--port', `127.0.0.1:${port}`, '--quiet', ...logging];
  const command = [binary, ...keys, ...options, 'posix', root];
  const output = join(makeScratchFolder(lifetime), 'output.log');
  const running = startProcess(lifetime, command, output);
  await untilReady('versitygw', running, () => accepts(port));
  return {
    S3_ENDPOINT: `http://127.0.0.1:${port}`,
    S3_REGION: 'us-east-1',
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: accessKey,
    S3_SECRET_ACCESS_KEY: secretKey,
  };
}
