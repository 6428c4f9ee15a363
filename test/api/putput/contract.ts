import { describe } from 'bun:test';
import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import type { FileServer, FileServerOf } from '../file-server.ts';
import { attributes } from './attributes.ts';
import { badInput } from './bad-input.ts';
import { type Base, bases } from './client.ts';
import { credentials } from './credentials.ts';
import { fetchedUrls } from './fetched-urls.ts';
import { guests } from './guests.ts';
import { lists } from './lists.ts';
import { names } from './names.ts';
import { paths } from './paths.ts';
import { publicUrls } from './public-urls.ts';
import { roundTrip } from './round-trip.ts';
import { uploads } from './uploads.ts';

type Suite = (server: FileServerOf, base: Base) => void;

/** What there is of uploading and reading, for servers whose parts have each been through the whole contract. */
export const uploadFlows: Suite[] = [roundTrip, uploads, publicUrls];

const all: Suite[] = [
  ...uploadFlows,
  ...[names, credentials, attributes, lists, guests, fetchedUrls, paths, badInput],
];

/**
 * The contract of PutPut (seeds 000 and 001, and the wire), for any server with limits out of reach and
 * `WEBHOOK_ALLOW_PRIVATE`, at both of its bases.
 *
 * @param parts What the server needs beside itself.
 */
export async function putputContract(
  name: string,
  start: () => Promise<FileServer>,
  parts: PartName[] = [],
  suites: Suite[] = all,
): Promise<void> {
  const server = startedOnce(start);
  await suiteWith([...parts, 'curl'], name, () => {
    describe.each(bases)('at %s', (base) => {
      for (const suite of suites) suite(server, base);
    });
  });
}
