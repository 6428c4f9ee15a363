import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { waitFor } from '../support/wait-for.ts';
import { DeliveriesScene, idsOf } from './deliveries-scene.ts';

let scene: DeliveriesScene;
beforeEach(() => {
  scene = new DeliveriesScene();
});
afterEach(() => scene.end());

const hooks = Array.from({ length: 20 }, (_, n) => `slow ${n}`);

describe('an account with 20 slow receivers and 600 deliveries', () => {
  test.each([1, 2])('delays no other account, with %d processes over one outbox', async (processes) => {
    const slow = await scene.receiverOf(hooks[0] ?? '', 'first');
    slow.behave('hang');
    for (const id of hooks.slice(1)) await scene.opened.addWebhook(id, slow.url, 'first');
    const other = await scene.receiverOf('other', 'second');
    for (const id of hooks) await scene.enter(id, ...Array.from({ length: 30 }, (_, n) => `${n} to ${id}`));
    for (let count = 0; count < processes; count += 1) scene.start();
    await waitFor('the calls to slow receivers', () => slow.calls.length === 4 * processes);
    for (const id of ['a', 'b', 'c']) {
      const enteredAt = Date.now();
      await scene.enter('other', id);
      await scene.untilStatus(id, 'delivered');
      expect(Date.now() - enteredAt).toBeLessThan(5000);
    }
    expect(idsOf(other)).toEqual(['a', 'b', 'c']);
    // A quarter of the places of each process.
    expect(slow.calls.length).toBe(4 * processes);
  });
});
