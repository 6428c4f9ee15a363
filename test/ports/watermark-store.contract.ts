import { describe, expect, test } from 'bun:test';
import type { WatermarkStore } from '../../src/core/ports/content/watermark-store.ts';

/**
 * The contract of every watermark (`src/core/ports/content/watermark-store.ts`).
 *
 * @param open Opens the watermark of a database.
 */
export function watermarkStoreContract(
  name: string,
  open: (databaseId: string) => Promise<WatermarkStore>,
): void {
  describe(name, () => {
    test('there is none at first', async () => {
      expect(await (await open(crypto.randomUUID())).read()).toBeUndefined();
    });

    test('the last number that was written is read, by other processes too', async () => {
      const id = crypto.randomUUID();
      const [one, other] = [await open(id), await open(id)];
      for (const watermark of [1, 1_790_000_000_000, 7]) {
        await one.write(watermark);
        expect(await one.read()).toBe(watermark);
        expect(await other.read()).toBe(watermark);
      }
      await other.write(8);
      expect(await one.read()).toBe(8);
      await one.write(9);
      expect(await other.read()).toBe(9);
    });

    test('each database has its own', async () => {
      const [one, other] = [await open(crypto.randomUUID()), await open(crypto.randomUUID())];
      await one.write(1);
      expect(await other.read()).toBeUndefined();
    });
  });
}
