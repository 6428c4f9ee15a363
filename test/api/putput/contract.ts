import { describe } from 'bun:test';
import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import type { FileServer, FileServerOf } from '../file-server.ts';
import type { Base } from './client.ts';
import { attributes } from './contract/attributes.ts';
import { badInput } from './contract/bad-input.ts';
import { clientLibrary } from './contract/client-library.ts';
import { contentEncoding } from './contract/content-encoding.ts';
import { credentials } from './contract/credentials.ts';
import { fetchedUrls } from './contract/fetched-urls.ts';
import { guests } from './contract/guests.ts';
import { lists } from './contract/lists.ts';
import { names } from './contract/names.ts';
import { paths } from './contract/paths.ts';
import { publicUrls } from './contract/public-urls.ts';
import { roundTrip } from './contract/round-trip.ts';
import { uploads } from './contract/uploads.ts';

type Suite = (server: FileServerOf, base: Base) => void;

/** The suites of uploading and reading, for servers whose components have all passed the whole contract. */
export const uploadFlows: Suite[] = [roundTrip, uploads, publicUrls, contentEncoding];

/** The same endpoints serve both bases: these suites call each of them. */
const atOlderBase: Suite[] = [roundTrip, credentials, clientLibrary, guests, paths];

const all: Suite[] = [
  ...uploadFlows,
  ...[names, credentials, clientLibrary, attributes, lists, guests, fetchedUrls, paths, badInput],
];

/**
 * The contract of PutPut (docs/contract/putput.md), for any server with unreachable limits and
 * `WEBHOOK_ALLOW_PRIVATE`.
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
    describe('at /api/v1', () => {
      for (const suite of suites) suite(server, '/api/v1');
    });
    describe('at /api', () => {
      for (const suite of suites.filter((each) => atOlderBase.includes(each))) suite(server, '/api');
    });
  });
}
