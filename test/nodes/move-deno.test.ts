import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { suiteWithPostgres } from '../support/postgres.ts';
import { insertOlderPayloads, MoveScene } from './moving.ts';

const count = 600;

// Rules: docs/postgresql.md, "Moving to PostgreSQL".
await suiteWithPostgres(
  'a move on Deno',
  ({ deno }) => {
    setDefaultTimeout(400_000);
    let scene: MoveScene | undefined;
    afterAll(() => scene?.stop(), 60_000);

    test('moves everything with the permissions of deno task start, and can be undone', async () => {
      scene = await MoveScene.start({ fill: (raw) => insertOlderPayloads(raw, count) });
      const contents = new Map<string, Buffer>();
      await scene.write(contents);
      const run = async (...more: string[]) => {
        const moving = scene?.startMove(deno, ...more);
        return [await moving?.exited, moving?.output()];
      };
      expect(await run()).toEqual([0, expect.stringContaining('"unreadableBlobs": 0')]);
      expect(await run('--undo')).toEqual([0, expect.stringContaining('can use')]);
      await scene.write(contents);
      expect(await run()).toEqual([0, expect.stringContaining('"wrongUsage": []')]);
      await scene.expectArrived(contents, count);
    });
  },
  ['deno', 'versitygw', 'redis-server'],
);
