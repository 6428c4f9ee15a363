import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { partPath } from './parts.ts';
import { freePort } from './ports.ts';
import { type RunningProcess, startProcess } from './running-process.ts';
import { openBucket, type S3Bucket, type S3Settings } from './s3-bucket.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

export type S3Server = S3Bucket & {
  port: number;
  /** Where the server keeps objects: each bucket a folder in `objects`. */
  dir: string;
  readonly pid: number;
  stop(): Promise<void>;
  /** Starts on the same port with the same objects, whether it was stopped before or not. */
  restart(): Promise<void>;
};

type S3Options = {
  port?: number;
  dir?: string;
  /** Whether the bucket keeps removed and replaced objects as earlier versions. */
  keepsVersions?: boolean;
};

/** A separate real S3 server, with one empty bucket. The same `dir` and `port` later find the stored objects. */
export async function startS3({ port, dir, keepsVersions = false }: S3Options = {}): Promise<S3Server> {
  const program = await partPath('versitygw');
  const listeningOn = port ?? (await freePort());
  const directory = dir ?? temporaryDirectory('s3');
  const settings: S3Settings = {
    endpoint: `http://127.0.0.1:${listeningOn}`,
    region: 'us-east-1',
    bucket: 'mayfly-test',
    accessKeyId: 'mayfly-test-key',
    secretAccessKey: randomBytes(16).toString('hex'),
  };
  let server = await launch(program, listeningOn, directory, settings, keepsVersions);
  const bucket = openBucket(settings);
  await createBucket(bucket);
  if (keepsVersions)
    await bucket.client.send(
      new PutBucketVersioningCommand({
        Bucket: settings.bucket,
        VersioningConfiguration: { Status: 'Enabled' },
      }),
    );
  const stop = async () => {
    await server.stop();
  };
  return {
    ...bucket,
    port: listeningOn,
    dir: directory,
    get pid() {
      return server.pid;
    },
    stop,
    async restart() {
      await stop();
      server = await launch(program, listeningOn, directory, settings, keepsVersions);
    },
  };
}

let shared: Promise<S3Bucket> | undefined;

/** One bucket for all tests that never stop its server: that of S3_* if set, which may contain objects. */
export function sharedS3(): Promise<S3Bucket> {
  shared ??= givenBucket() ?? startS3();
  return shared;
}

function givenBucket(): Promise<S3Bucket> | undefined {
  const { S3_ENDPOINT, S3_REGION, S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = process.env;
  if (!S3_ENDPOINT || !S3_BUCKET || !S3_ACCESS_KEY_ID || !S3_SECRET_ACCESS_KEY) return undefined;
  const bucket = openBucket({
    endpoint: S3_ENDPOINT,
    region: S3_REGION ?? 'us-east-1',
    bucket: S3_BUCKET,
    accessKeyId: S3_ACCESS_KEY_ID,
    secretAccessKey: S3_SECRET_ACCESS_KEY,
  });
  return Promise.resolve(bucket);
}

async function createBucket({ client, bucket }: S3Bucket): Promise<void> {
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'BucketAlreadyOwnedByYou')) throw error;
  }
}

async function launch(
  program: string,
  port: number,
  directory: string,
  { region, accessKeyId, secretAccessKey }: S3Settings,
  keepsVersions: boolean,
): Promise<RunningProcess> {
  const objects = join(directory, 'objects');
  const metadata = join(directory, 'metadata');
  const versions = join(directory, 'versions');
  mkdirSync(objects, { recursive: true });
  mkdirSync(metadata, { recursive: true });
  if (keepsVersions) mkdirSync(versions, { recursive: true });
  const network = ['--port', `127.0.0.1:${port}`, '--health', '/health', '--quiet', '--region', region];
  // Metadata in separate files, because not every file system of the tests has extended attributes.
  const versioning = keepsVersions ? ['--versioning-dir', versions] : [];
  const storage = ['posix', '--sidecar', metadata, ...versioning, objects];
  // The keys are in the environment, because every user of the machine can read a command line.
  const env = { ...process.env, ROOT_ACCESS_KEY_ID: accessKeyId, ROOT_SECRET_ACCESS_KEY: secretAccessKey };
  const server = startProcess(program, [...network, ...storage], { env });
  await waitFor(`versitygw on port ${port}`, async () => {
    if (!server.isRunning()) throw new Error(server.output());
    return (await fetch(`http://127.0.0.1:${port}/health`)).ok;
  });
  return server;
}
