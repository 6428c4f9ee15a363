import type { PartName } from '../../support/parts.ts';
import { startedOnce } from '../../support/started-once.ts';
import { suiteWith } from '../../support/suite-with.ts';
import type { FileServer, FileServerOf } from '../file-server.ts';
import { badInput } from './contract/bad-input.ts';
import { clientLibrary } from './contract/client-library.ts';
import { credentials } from './contract/credentials.ts';
import { lists } from './contract/lists.ts';
import { multipart } from './contract/multipart.ts';
import { roundTrip } from './contract/round-trip.ts';
import { routes } from './contract/routes.ts';

type Suite = (server: FileServerOf) => void;

/** The suites of uploading and reading, for servers whose components have all passed the whole contract. */
export const uploadFlows: Suite[] = [roundTrip, multipart];

const all: Suite[] = [...uploadFlows, routes, credentials, clientLibrary, lists, badInput];

/**
 * The contract of UploadKit (docs/contract/uploadkit.md), for any server with unreachable limits and
 * `WEBHOOK_ALLOW_PRIVATE`, whose keys and file routes the command line creates.
 *
 * @param parts What the server needs beside itself.
 */
export async function uploadkitContract(
  name: string,
  start: () => Promise<FileServer>,
  parts: PartName[] = [],
  suites: Suite[] = all,
): Promise<void> {
  const server = startedOnce(start);
  await suiteWith([...parts, 'curl'], name, () => {
    for (const suite of suites) suite(server);
  });
}
