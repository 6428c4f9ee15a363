import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { commonHeaders } from './common-headers.ts';
import { content } from './content.ts';
import { countedReads } from './counted-reads.ts';
import { createReadDelete } from './create-read-delete.ts';
import { deleteTokens } from './delete-tokens.ts';
import { errors } from './errors.ts';
import { expiry } from './expiry.ts';
import { idempotency } from './idempotency.ts';
import { raw } from './raw.ts';
import type { Server } from './server.ts';
import { sharePage } from './share-page.ts';
import { shellUploads } from './shell-uploads.ts';
import { uploadRefusals } from './upload-refusals.ts';
import { uploadsInParts } from './uploads-in-parts.ts';

/** Limits that a run of the contract cannot reach, with the headers that tell of them. */
export const outOfReach = { RATE_LIMIT: '1000000000' };

/**
 * The whole contract of the payload API (seed 004 and the wire), for any server that can be started with the
 * default sizes and times, and a rate limit that is out of reach.
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
    errors(server);
    raw(server);
    sharePage(server);
    uploadsInParts(server);
    uploadRefusals(server);
    commonHeaders(server);
  });
  await suiteWith([...parts, 'curl'], `${name}, from the shell`, () => shellUploads(server));
}
