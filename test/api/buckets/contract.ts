import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import type { FileServer, FileServerOf } from '../file-server.ts';
import { account } from './contract/account.ts';
import { badInput } from './contract/bad-input.ts';
import { batchDelete } from './contract/batch-delete.ts';
import { breakingOff } from './contract/breaking-off.ts';
import { buckets } from './contract/buckets.ts';
import { conditions } from './contract/conditions.ts';
import { contentEncoding } from './contract/content-encoding.ts';
import { copying } from './contract/copy.ts';
import { digests } from './contract/digests.ts';
import { idempotency } from './contract/idempotency.ts';
import { keys } from './contract/keys.ts';
import { keysOfObjects } from './contract/keys-of-objects.ts';
import { lists } from './contract/lists.ts';
import { metadata } from './contract/metadata.ts';
import { multipart } from './contract/multipart.ts';
import { multipartInput } from './contract/multipart-input.ts';
import { multipartRaces } from './contract/multipart-races.ts';
import { multipartRefusals } from './contract/multipart-refusals.ts';
import { objects } from './contract/objects.ts';
import { paths } from './contract/paths.ts';
import { reading } from './contract/reading.ts';
import { signedUrls } from './contract/signed.ts';
import { signedRefusals } from './contract/signed-refusals.ts';
import { tenants } from './contract/tenants.ts';
import { documented } from './documented.ts';

export type Suite = (server: FileServerOf) => void;

/** The suites of reads and writes, for servers whose components have each passed the whole contract. */
export const objectFlows: Suite[] = [
  ...[objects, reading, copying, conditions, digests, breakingOff],
  ...[multipart, multipartRefusals, multipartRaces, signedUrls, contentEncoding],
];

/** The suites of what a runtime does: bodies, headers, paths, refusals and errors. The whole contract runs on each store. */
export const conformance: Suite[] = [
  ...objectFlows,
  ...[metadata, batchDelete, keysOfObjects, tenants, paths, badInput, signedRefusals],
];

const all: Suite[] = [...conformance, ...[buckets, lists, multipartInput, keys, account, idempotency]];

/**
 * The contract of the bucket API (docs/contract/buckets.md), for any server with high limits, whose keys the command
 * line creates.
 *
 * @param parts The dependencies of the server.
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
