import { afterAll } from 'bun:test';
import type { PartName } from '../support/parts.ts';
import { suiteWith } from '../support/suite-with.ts';
import type { FileServer, FileServerOf } from './file-server.ts';
import { badInput } from './uploadkit/bad-input.ts';
import { credentials } from './uploadkit/credentials.ts';
import { lists } from './uploadkit/lists.ts';
import { multipart } from './uploadkit/multipart.ts';
import { roundTrip } from './uploadkit/round-trip.ts';
import { routes } from './uploadkit/routes.ts';

type Suite = (server: FileServerOf) => void;

/** What there is of uploading and reading, for servers whose parts have each been through the whole contract. */
export const uploadFlows: Suite[] = [roundTrip, multipart];

const all: Suite[] = [...uploadFlows, routes, credentials, lists, badInput];

/**
 * The contract of UploadKit (seed 003 and the wire), for any server with limits out of reach and
 * `WEBHOOK_ALLOW_PRIVATE`, whose keys and routes the command line makes.
 *
 * @param parts What the server needs beside itself.
 */
export async function uploadkitContract(
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
    for (const suite of suites) suite(server);
  });
}
