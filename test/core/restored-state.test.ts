import { describe, expect, test } from 'bun:test';
import { RestoredState } from '../../src/core/operation/restored-state.ts';
import { Unhealthy } from '../../src/core/ports/probe.ts';
import { failureOf } from './failure-of.ts';
import { MemoryDeployment, MemoryWatermark } from './restored-scene.ts';
import { SettableTime } from './settable-time.ts';

const minute = 60_000;

/** A database, a blob store, and servers on both. */
function scene() {
  const time = new SettableTime();
  const deployment = new MemoryDeployment();
  const watermark = new MemoryWatermark();
  const connections: (() => void)[] = [];
  const reports: string[] = [];
  const server = () => {
    const state = new RestoredState({
      deployment,
      watermark,
      clock: time.clock,
      onConnect: (listener) => connections.push(listener),
      observer: { failed: () => reports.push('failed'), answered: () => reports.push('answered') },
    });
    const changes: boolean[] = [];
    const stop = state.watch(time.timers, (isRestored) => changes.push(isRestored));
    return { state, changes, stop };
  };
  const reconnect = async () => {
    for (const listener of connections) listener();
    await time.advance(0);
  };
  return { time, deployment, watermark, server, reconnect, reports };
}

/** docs/recovery.md, "How a restore is noticed" */
describe('the watermark', () => {
  test('is raised by one of several servers, and never higher in the blob store than in the database', async () => {
    const { time, deployment, watermark, server } = scene();
    const servers = [server(), server(), server()];
    for (let round = 0; round < 30; round += 1) {
      await time.advance(10_000);
      expect(watermark.value ?? 0).toBeLessThanOrEqual(deployment.watermark);
    }
    expect(time.now - deployment.watermark).toBeLessThanOrEqual(15_000);
    expect(watermark.value).toBe(deployment.watermark);
    // At most one write in ten seconds, whatever the number of servers.
    expect(watermark.writes).toBeLessThanOrEqual(30);
    expect(servers.map(({ state }) => state.isRestored)).toEqual([false, false, false]);
  });

  test('is not raised while the blob store is away, and serving goes on', async () => {
    const { time, deployment, watermark, server, reports } = scene();
    const { state } = server();
    await time.advance(minute);
    expect(reports).not.toContain('failed');
    const before = deployment.watermark;
    watermark.isAway = true;
    await time.advance(10 * minute);
    expect(reports.at(-1)).toBe('failed');
    expect(deployment.watermark).toBe(before);
    expect(state.isRestored).toBe(false);
    watermark.isAway = false;
    await time.advance(minute);
    expect(deployment.watermark).toBeGreaterThan(before);
  });

  test('goes on rising on a database whose clock is an hour behind that of the last one', async () => {
    const { time, deployment, watermark, server } = scene();
    const { state } = server();
    await time.advance(minute);
    const before = deployment.watermark;
    time.now -= 60 * minute;
    await state.check();
    await state.check();
    expect(deployment.watermark).toBe(before + 2);
    expect(watermark.value).toBe(before + 2);
    expect(state.isRestored).toBe(false);
  });
});

describe('a database that went back to an earlier time', () => {
  async function wentBack(options: { isAway?: boolean } = {}) {
    const all = scene();
    const { time, deployment, watermark, server } = all;
    const first = server();
    await time.advance(minute);
    const backup = deployment.copy();
    await time.advance(minute);
    watermark.isAway = options.isAway ?? false;
    deployment.restore(backup);
    return { ...all, first };
  }

  test('is found at the start of a server, and by every other server, also one without the blob store', async () => {
    const { time, watermark, server, first } = await wentBack();
    const { state } = server();
    await state.check();
    expect(state.isRestored).toBe(true);
    expect(() => state.require()).toThrow(Unhealthy);
    watermark.isAway = true;
    const other = server();
    await other.state.check();
    expect(other.state.isRestored).toBe(true);
    await time.advance(10_000);
    expect(first.changes).toEqual([true]);
  });

  test('is found as soon as a running server connects again, even if the blob store is away', async () => {
    for (const isAway of [false, true]) {
      const { reconnect, first } = await wentBack({ isAway });
      await reconnect();
      expect(first.changes).toEqual([true]);
      expect(first.state.isRestored).toBe(true);
    }
  });

  test('is served again after `complete`, by new and by running servers', async () => {
    const { time, deployment, watermark, server, first } = await wentBack();
    await time.advance(10_000);
    const command = server();
    await command.state.check();
    await command.state.complete();
    expect(deployment.watermark).toBeGreaterThan(0);
    expect(watermark.value).toBe(deployment.watermark);
    const next = server();
    await next.state.check();
    expect(next.state.isRestored).toBe(false);
    await time.advance(10_000);
    expect(first.changes).toEqual([true, false]);
  });

  test('stays in this state if `complete` cannot reach the blob store', async () => {
    const { watermark, server } = await wentBack();
    const { state } = server();
    await state.check();
    watermark.isAway = true;
    expect((await failureOf(() => state.complete())).code).toBe('store_away');
    watermark.isAway = false;
    await state.check();
    expect(state.isRestored).toBe(true);
  });

  test('makes servers on the earlier database stop after `complete`', async () => {
    const { deployment, time, watermark, server, first } = await wentBack();
    const earlier = deployment.copy();
    const { state } = server();
    await state.check();
    await time.advance(1);
    await state.complete();
    const recovered = deployment.copy();
    deployment.restore({ ...earlier, watermark: String(time.now - 2), restored: '' });
    await first.state.check();
    expect(first.state.isRestored).toBe(true);
    deployment.restore(recovered);
    expect(watermark.value).toBe(deployment.watermark);
  });
});

describe('a database that the operator marks', () => {
  test('is in the state until `complete`; to mark it twice changes nothing', async () => {
    const { time, server } = scene();
    const { changes } = server();
    await time.advance(minute);
    const command = server().state;
    await command.mark();
    const { since } = await command.read();
    await time.advance(1);
    await command.mark();
    expect((await command.read()).since).toBe(since);
    await time.advance(minute);
    expect(changes).toEqual([true]);
    await command.complete();
    await time.advance(minute);
    expect(changes).toEqual([true, false]);
    expect((await command.read()).since).toBeUndefined();
  });
});
