import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import type { FileServer, FileServerOf } from '../file-server.ts';
import { account } from './account.ts';
import { badInput } from './bad-input.ts';
import { batchDelete } from './batch-delete.ts';
import { breakingOff } from './breaking-off.ts';
import { buckets } from './buckets.ts';
import { conditions } from './conditions.ts';
import { copying } from './copy.ts';
import { digests } from './digests.ts';
import { documented } from './documented.ts';
import { idempotency } from './idempotency.ts';
import { keys } from './keys.ts';
import { keysOfObjects } from './keys-of-objects.ts';
import { lists } from './lists.ts';
import { metadata } from './metadata.ts';
import { multipart } from './multipart.ts';
import { multipartInput } from './multipart-input.ts';
import { multipartRaces } from './multipart-races.ts';
import { multipartRefusals } from './multipart-refusals.ts';
import { objects } from './objects.ts';
import { paths } from './paths.ts';
import { reading } from './reading.ts';
import { signedUrls } from './signed.ts';
import { signedRefusals } from './signed-refusals.ts';
import { tenants } from './tenants.ts';

export type Suite = (server: FileServerOf) => void;

/** What there is of writing and reading, for servers whose parts have each been through the whole contract. */
export const objectFlows: Suite[] = [
  ...[objects, reading, copying, conditions, digests, breakingOff],
  ...[multipart, multipartRefusals, multipartRaces, signedUrls],
];

const all: Suite[] = [
  ...objectFlows,
  ...[buckets, metadata, lists, batchDelete, keysOfObjects, tenants, paths, badInput],
  ...[multipartInput, signedRefusals, keys, account, idempotency],
];

/**
 * The contract of the bucket API (seed 002 and the wire), for any server with limits out of reach, whose keys
 * the command line makes.
 *
 * @param parts What the server needs beside itself.
 */
export async function bucketsContract(
  name: string,
  start: () => Promise<FileServer>,
  parts: PartName[] = [],
  suites: Suite[] = all,
): Promise<void> {
  const server = startedOnce(start);
  await suiteWith([...parts, 'curl'], name, () => {
    for (const suite of [...suites, documented]) suite(server);
  });
}
