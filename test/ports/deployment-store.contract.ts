import { beforeEach, describe, expect, test } from 'bun:test';
import type { DeploymentStore } from '../../src/core/ports/deployment-store.ts';
import { closedAfterSuite, type Open } from './opened.ts';
import { race } from './race.ts';

type Stores = { deployment: DeploymentStore };

/** The contract of every store of deployment settings (`src/core/ports/deployment-store.ts`). */
export function deploymentStoreContract(name: string, open: Open<Stores>): void {
  describe(name, () => {
    const openStores = closedAfterSuite(open);
    let deployment: DeploymentStore;
    let stores: Stores;
    let openAgain: () => Promise<Stores>;
    beforeEach(async () => {
      ({ stores, openAgain } = await openStores());
      ({ deployment } = stores);
    });

    test('a new database has no settings', async () => {
      expect(await deployment.read()).toEqual({});
    });

    test('settings with any text are read as written', async () => {
      const written = {
        blobs: 's3 https://s3.example.com/bucket ü %_',
        secret: "'; DROP TABLE deployment; --",
        empty: '',
        long: 'x'.repeat(10_000),
      };
      await deployment.write(written);
      expect(await deployment.read()).toEqual(written);
    });

    test('a setting that is written again is replaced, and the others stay', async () => {
      await deployment.write({ blobs: 'disk', secret: 'one', secretChangedAt: '1' });
      await deployment.write({ blobs: 'disk', secret: 'two' });
      expect(await deployment.read()).toEqual({ blobs: 'disk', secret: 'two', secretChangedAt: '1' });
    });

    test('writing the same settings again changes nothing', async () => {
      for (let time = 0; time < 3; time += 1) await deployment.write({ blobs: 'disk' });
      expect(await deployment.read()).toEqual({ blobs: 'disk' });
    });

    test('writing no settings changes nothing', async () => {
      await deployment.write({ blobs: 'disk' });
      await deployment.write({});
      expect(await deployment.read()).toEqual({ blobs: 'disk' });
    });

    test('another process reads settings as soon as they are acknowledged', async () => {
      const other = (await openAgain()).deployment;
      expect(await other.read()).toEqual({});
      await deployment.write({ blobs: 'disk' });
      expect(await other.read()).toEqual({ blobs: 'disk' });
      await other.write({ blobs: 's3' });
      expect(await deployment.read()).toEqual({ blobs: 's3' });
    });

    test('a setting is replaced only if it is the expected one', async () => {
      expect(await deployment.replace('state', 'one', 'two')).toBe(false);
      expect(await deployment.read()).toEqual({});
      expect(await deployment.replace('state', undefined, 'one')).toBe(true);
      expect(await deployment.replace('state', undefined, 'two')).toBe(false);
      expect(await deployment.replace('state', 'two', 'three')).toBe(false);
      expect(await deployment.replace('state', 'one', '')).toBe(true);
      expect(await deployment.replace('state', undefined, 'two')).toBe(false);
      expect(await deployment.replace('state', '', 'two')).toBe(true);
      expect(await deployment.read()).toEqual({ state: 'two' });
    });

    test('of 16 callers that replace the same setting one succeeds', async () => {
      const connections = [stores, await openAgain()];
      for (const before of [undefined, 'old']) {
        if (before !== undefined) await deployment.write({ state: before });
        const done = await race(connections, (stores, caller) =>
          stores.deployment.replace('state', before, `${caller}`),
        );
        expect(done.filter(Boolean)).toHaveLength(1);
        expect(await deployment.read()).toEqual({ state: `${done.indexOf(true)}` });
      }
    });

    test('of 16 concurrent writes one is read as a whole, never a mixture', async () => {
      const connections = [stores, await openAgain()];
      const seen = await race(connections, async (stores, caller) => {
        await stores.deployment.write({ blobs: `blobs ${caller}`, secret: `secret ${caller}` });
        return stores.deployment.read();
      });
      for (const each of connections) seen.push(await each.deployment.read());
      for (const { blobs = '', secret, ...others } of seen) {
        expect(blobs).toMatch(/^blobs \d+$/);
        expect(secret).toBe(blobs.replace('blobs', 'secret'));
        expect(others).toEqual({});
      }
      expect(seen.at(-1)).toEqual(seen.at(-2) ?? {});
    });

    test('different settings that 16 callers write concurrently are all kept', async () => {
      const connections = [stores, await openAgain()];
      await race(connections, (stores, caller) =>
        stores.deployment.write({ [`name ${caller}`]: `${caller}` }),
      );
      const expected = Array.from({ length: 16 }, (_, n) => [`name ${n}`, `${n}`]);
      expect(await deployment.read()).toEqual(Object.fromEntries(expected));
    });
  });
}
