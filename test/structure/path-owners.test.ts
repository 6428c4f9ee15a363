import { expect, test } from 'bun:test';
import { Assets } from '../../src/api/pages/index.ts';
import { createServices } from '../../src/composition/index.ts';
import { readConfig } from '../../src/config/index.ts';
import { createLog } from '../../src/observe/log.ts';
import { ownerOf } from '../../src/server/api-owners.ts';
import { createRouter } from '../../src/server/router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** The API whose errors each tag of the document has (docs/contract/shared.md, "Paths and their owners"). */
const ownersByTag: Record<string, string> = {
  payloads: 'payloads',
  server: 'payloads',
  putput: 'putput',
  files: 'putput',
  uploadkit: 'uploadkit',
  buckets: 'buckets',
  objects: 'buckets',
  multipart: 'buckets',
  'signed URLs': 'buckets',
  webhooks: 'buckets',
  keys: 'buckets',
  account: 'buckets',
};

test('every path is owned by the API whose errors its operations document', async () => {
  const config = readConfig({ DATA_DIR: temporaryDirectory('owners') });
  const services = await createServices(config, createLog('silent'));
  try {
    const base = 'http://localhost';
    const app = createRouter(
      services,
      new Assets(),
      () => base,
      () => false,
    );
    const owned = app.routes.flatMap(({ method, path, hooks }) => {
      const [tag] = hooks?.detail?.tags ?? [];
      if (tag === undefined || hooks?.detail?.hide === true) return [];
      // The key decides on the paths that PutPut and UploadKit share.
      const headers: Record<string, string> = tag === 'uploadkit' ? { 'x-api-key': 'uk_live_x' } : {};
      const { name } = ownerOf(path, new Request(base, { method, headers }));
      // PutPut and UploadKit make these URLs, and the bucket API renders their errors.
      const expected = path.startsWith('/signed/') ? 'buckets' : ownersByTag[tag];
      return [{ route: `${method} ${path}`, name, expected }];
    });
    expect(owned.length).toBeGreaterThan(60);
    expect(owned.filter(({ name, expected }) => name !== expected)).toEqual([]);
  } finally {
    await services.close();
  }
});
