import { expect, test } from 'bun:test';
import { Assets } from '../../src/api/pages/index.ts';
import { createServices } from '../../src/composition/index.ts';
import { readConfig } from '../../src/config/index.ts';
import { reservedSegments } from '../../src/config/public-url.ts';
import { createLog } from '../../src/observe/log.ts';
import { createRouter } from '../../src/server/router.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('PUBLIC_URL can have no path that begins with the first segment of a route', async () => {
  const config = readConfig({ DATA_DIR: temporaryDirectory('routes') });
  const services = await createServices(config, createLog('silent'));
  try {
    const app = createRouter(
      services,
      new Assets(),
      () => 'http://localhost',
      () => false,
    );
    const segments = app.routes.map(({ path }) => path.split('/')[1] ?? '');
    const fixed = segments.filter((segment) => segment !== '' && !/^[:*]/.test(segment));
    expect([...new Set(fixed)].sort()).toEqual([...reservedSegments].sort());
  } finally {
    await services.close();
  }
});
