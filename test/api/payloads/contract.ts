import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { codedBodies } from './contract/coded-bodies.ts';
import { commonHeaders } from './contract/common-headers.ts';
import { content } from './contract/content.ts';
import { countedReads } from './contract/counted-reads.ts';
import { createReadDelete } from './contract/create-read-delete.ts';
import { deleteTokens } from './contract/delete-tokens.ts';
import { errors } from './contract/errors.ts';
import { expiry } from './contract/expiry.ts';
import { idempotency } from './contract/idempotency.ts';
import { raw } from './contract/raw.ts';
import { repeatedStreams } from './contract/repeated-streams.ts';
import { sharePage } from './contract/share-page.ts';
import { shellUploads } from './contract/shell-uploads.ts';
import { typesAndNames } from './contract/types-and-names.ts';
import { uploadRefusals } from './contract/upload-refusals.ts';
import { uploadsInParts } from './contract/uploads-in-parts.ts';
import type { Server } from './server.ts';

/** Limits that a run of the contract suite cannot reach, with their headers. */
export const outOfReach = { RATE_LIMIT: '1000000000' };

/**
 * The whole contract of the payload API (docs/contract/payloads.md), for any server that can be started with
 * default sizes and times, and an unreachable rate limit.
 *
 * @param parts What the server needs beside itself.
 */
export async function payloadContract(
  name: string,
  start: () => Promise<Server>,
  parts: PartName[] = [],
): Promise<void> {
  const server = startedOnce(start);
  await suiteWith(parts, name, () => {
    createReadDelete(server);
    expiry(server);
    content(server);
    countedReads(server);
    deleteTokens(server);
    idempotency(server);
    repeatedStreams(server);
    codedBodies(server);
    errors(server);
    raw(server);
    sharePage(server);
    typesAndNames(server);
    uploadsInParts(server);
    uploadRefusals(server);
    commonHeaders(server);
  });
  await suiteWith([...parts, 'curl'], `${name}, from the shell`, () => shellUploads(server));
}
