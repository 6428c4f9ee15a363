import { afterAll, describe } from 'bun:test';
import type { PartName } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';
import type { FileServer, FileServerOf } from './file-server.ts';
import { attributes } from './putput/attributes.ts';
import { badInput } from './putput/bad-input.ts';
import { type Base, bases } from './putput/client.ts';
import { credentials } from './putput/credentials.ts';
import { fetchedUrls } from './putput/fetched-urls.ts';
import { guests } from './putput/guests.ts';
import { lists } from './putput/lists.ts';
import { names } from './putput/names.ts';
import { paths } from './putput/paths.ts';
import { publicUrls } from './putput/public-urls.ts';
import { roundTrip } from './putput/round-trip.ts';
import { uploads } from './putput/uploads.ts';

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
  let started: Promise<FileServer> | undefined;
  const server = () => {
    started ??= start();
    return started;
  };
  afterAll(async () => {
    await (await started)?.stop();
  });
  await suiteWith([...parts, 'curl'], name, () => {
    describe.each(bases)('at %s', (base) => {
      for (const suite of suites) suite(server, base);
    });
  });
}
