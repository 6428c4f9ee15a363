import { beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { Bans } from '../../src/core/accounts/bans.ts';
import { ClientAddresses, parseAddressRanges } from '../../src/core/client-address.ts';
import type { BanStore } from '../../src/core/ports/accounts/ban-store.ts';
import { openTemporaryStores } from '../stores/sqlite/temporary-stores.ts';
import { checkout } from '../support/parts.ts';
import { startProcess } from '../support/running-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { failureOf } from './failure-of.ts';
import { oneNode } from './one-node.ts';
import { SettableTime } from './settable-time.ts';

setDefaultTimeout(30_000);

const addresses = new ClientAddresses([]);
const clientAt = (address: string) => addresses.keyFor(address, { get: () => null });

/** A store with a list, which can fail or hang. */
class SettableStore implements BanStore {
  ranges: string[] = [];
  reads = 0;
  answer: () => Promise<void> = async () => undefined;

  async list() {
    this.reads += 1;
    const then = [...this.ranges];
    await this.answer();
    return then;
  }

  async add(range: string) {
    this.ranges.push(range);
  }

  async remove(range: string) {
    const before = this.ranges.length;
    this.ranges = this.ranges.filter((listed) => listed !== range);
    return this.ranges.length < before;
  }
}

let time: SettableTime;
let store: SettableStore;
let bans: Bans;
beforeEach(() => {
  time = new SettableTime();
  store = new SettableStore();
  bans = new Bans([], store, time.clock, oneNode);
});

const isBanned = (address: string, by = bans) => by.isBanned(clientAt(address));

describe('a ban', () => {
  test.each<[string, string[], string[]]>([
    ['203.0.113.7', ['203.0.113.7', '::ffff:203.0.113.7'], ['203.0.113.8', '203.0.113.70', '2001:db8::1']],
    ['203.0.113.7/32', ['203.0.113.7'], ['203.0.113.6', '203.0.113.8']],
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3'], ['9.255.255.255', '11.0.0.0']],
    ['10.1.2.3/8', ['10.200.0.1'], ['11.1.2.3']],
    ['::ffff:10.0.0.0/104', ['10.1.2.3'], ['11.1.2.3', '::1']],
    ['0.0.0.0/0', ['8.8.8.8', '127.0.0.1'], ['2001:db8::1']],
    ['::/0', ['2001:db8::1', '::1'], ['8.8.8.8']],
    ['2001:db8::/32', ['2001:db8::1', '2001:db8:ffff:ffff::1'], ['2001:db9::1', '32.1.13.184']],
    ['2001:db8:0:8::/61', ['2001:db8:0:8::1', '2001:db8:0:f::1'], ['2001:db8:0:7::1', '2001:db8:0:10::1']],
    ['2001:db8:1:2::/64', ['2001:db8:1:2::1', '2001:db8:1:2:ffff::1'], ['2001:db8:1:3::1']],
    // A household has a whole /64, so one of its addresses bans all.
    ['2001:db8:1:2:3:4:5:6', ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::1'], ['2001:db8:1:3:3:4:5:6']],
    ['2001:db8:1:2:3::/80', ['2001:db8:1:2:4::1'], ['2001:db8:1:1::1']],
  ])('by %p', async (range, banned, others) => {
    await bans.ban(range);
    for (const address of banned) expect([address, isBanned(address)]).toEqual([address, true]);
    for (const address of others) expect([address, isBanned(address)]).toEqual([address, false]);
    const bySettings = new Bans(parseAddressRanges(range), new SettableStore(), time.clock, oneNode);
    for (const address of [...banned, ...others])
      expect([address, isBanned(address, bySettings)]).toEqual([address, banned.includes(address)]);
  });

  test('applies to no one at first, and to no one whose address the runtime does not report', async () => {
    expect(isBanned('203.0.113.7')).toBe(false);
    await bans.ban('0.0.0.0/0');
    expect(bans.isBanned('')).toBe(false);
    expect(bans.isBanned('unix:/run/socket')).toBe(false);
  });

  test('is cached correctly for many callers', async () => {
    await bans.ban('203.0.0.0/24');
    const clients = Array.from({ length: 10_000 }, (_, n) => `203.0.${n >> 8}.${n & 255}`);
    for (const address of [...clients, ...clients])
      expect(isBanned(address)).toBe(address.startsWith('203.0.0.'));
  });
});

describe('banning', () => {
  test.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.0.0.1/32', '10.0.0.1'],
    [' 10.0.0.1 ', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:DB8:0:0::1', '2001:db8::/64'],
    ['2001:db8:1:2:3:4:5:6/127', '2001:db8:1:2::/64'],
    ['2001:db8:ffff::/32', '2001:db8::/32'],
    ['fe80::1%eth0', 'fe80::/64'],
  ])('%p is listed as %p, once, and removed by either', async (written, listed) => {
    expect(await bans.ban(written)).toBe(listed);
    expect(await bans.list()).toEqual([listed]);
    expect(await bans.unban(listed)).toBe(true);
    await bans.ban(listed);
    expect(await bans.unban(written)).toBe(true);
    expect(await bans.list()).toEqual([]);
  });

  test('applies when it is acknowledged, and so does its removal', async () => {
    isBanned('203.0.113.7');
    await bans.ban('203.0.113.7');
    expect(isBanned('203.0.113.7')).toBe(true);
    expect(await bans.unban('203.0.113.7')).toBe(true);
    expect(isBanned('203.0.113.7')).toBe(false);
    expect(await bans.unban('203.0.113.7')).toBe(false);
  });

  test('an address in a banned range cannot be unbanned separately', async () => {
    await bans.ban('10.0.0.0/8');
    expect(await bans.unban('10.0.0.1')).toBe(false);
    expect(isBanned('10.0.0.1')).toBe(true);
  });

  test('by the settings is listed too, and cannot be removed', async () => {
    const fixed = new Bans(parseAddressRanges('192.0.2.0/24, 2001:db8::1'), store, time.clock, oneNode);
    await fixed.ban('203.0.113.7');
    await fixed.ban('192.0.2.0/24');
    expect(await fixed.list()).toEqual(['192.0.2.0/24', '2001:db8::/64', '203.0.113.7']);
    await fixed.unban('192.0.2.0/24');
    expect(isBanned('192.0.2.1', fixed)).toBe(true);
  });

  test.each([
    '',
    ' ',
    'somebody',
    '10',
    '10.0.0.300',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.1, 10.0.0.2',
    '2001:db8::/129',
    '::ffff:10.0.0.0/90',
    '10.0.0.1\n10.0.0.2',
    '10.0.0.1\0',
  ])('%p is rejected, and nothing is stored', async (range) => {
    for (const work of [() => bans.ban(range), () => bans.unban(range)]) {
      const { code, message } = await failureOf(work);
      expect({ code, message }).toEqual({
        code: 'invalid',
        message: `${JSON.stringify(range)} must be an address or a CIDR range`,
      });
    }
    expect(store.ranges).toEqual([]);
  });
});

describe('a ban made elsewhere', () => {
  test('applies to the calls that follow the first one after a second', async () => {
    isBanned('203.0.113.7');
    await time.advance(0);
    store.ranges = ['203.0.113.7'];
    await time.advance(999);
    expect(isBanned('203.0.113.7')).toBe(false);
    expect(store.reads).toBe(1);
    await time.advance(1);
    expect(isBanned('203.0.113.7')).toBe(false);
    await time.advance(0);
    expect(isBanned('203.0.113.7')).toBe(true);
    expect(store.reads).toBe(2);
  });

  test('applies to the first call too while the list is watched', async () => {
    const stop = bans.watch(time.timers);
    store.ranges = ['203.0.113.7'];
    await time.advance(1000);
    expect(isBanned('203.0.113.7')).toBe(true);
    stop();
    expect(time.running).toBe(0);
  });

  test('applies before the first call if the list was read at the start', async () => {
    store.ranges = ['203.0.113.7'];
    await bans.reload();
    expect(isBanned('203.0.113.7')).toBe(true);
  });

  test('delays no caller: a slow list is read once, and the last one applies until then', async () => {
    await bans.ban('203.0.113.7');
    const answer = Promise.withResolvers<void>();
    store.answer = () => answer.promise;
    store.ranges = ['203.0.113.8'];
    const { reads } = store;
    for (let second = 0; second < 5; second += 1) {
      await time.advance(1000);
      expect([isBanned('203.0.113.7'), isBanned('203.0.113.8')]).toEqual([true, false]);
    }
    expect(store.reads).toBe(reads + 1);
    answer.resolve();
    await time.advance(0);
    expect([isBanned('203.0.113.7'), isBanned('203.0.113.8')]).toEqual([false, true]);
  });

  test('after a failure of the store, the last list applies, and the store is read once a second', async () => {
    await bans.ban('203.0.113.7');
    const { reads } = store;
    store.answer = () => Promise.reject(new Error('away'));
    store.ranges = [];
    for (let tenth = 0; tenth < 50; tenth += 1) {
      await time.advance(100);
      expect(isBanned('203.0.113.7')).toBe(true);
    }
    expect(store.reads).toBe(reads + 5);
    store.answer = async () => undefined;
    await time.advance(1000);
    isBanned('203.0.113.7');
    await time.advance(0);
    expect(isBanned('203.0.113.7')).toBe(false);
  });

  test('an old list that arrives late does not undo a ban', async () => {
    const answer = Promise.withResolvers<void>();
    store.answer = () => answer.promise;
    const old = bans.reload();
    store.answer = async () => undefined;
    await bans.ban('203.0.113.7');
    answer.resolve();
    await old;
    expect(isBanned('203.0.113.7')).toBe(true);
  });

  test('a clock that was set back does not prolong the use of a list', async () => {
    isBanned('203.0.113.7');
    await time.advance(0);
    time.now -= 3_600_000;
    store.ranges = ['203.0.113.7'];
    isBanned('203.0.113.7');
    await time.advance(0);
    expect(isBanned('203.0.113.7')).toBe(true);
  });

  test('an invalid entry in the store affects no other', async () => {
    store.ranges = ['nonsense', '203.0.113.7'];
    await bans.reload();
    expect(isBanned('203.0.113.7')).toBe(true);
  });

  test('by another process, over a real database, applies within two seconds', async () => {
    const { bans: stored, file } = openTemporaryStores();
    let now = Date.now();
    const here = new Bans([], stored, () => now, oneNode);
    expect(isBanned('203.0.113.7', here)).toBe(false);
    const script = `
      import { Bans } from './src/core/accounts/bans.ts';
      import { Staleness } from './src/core/staleness.ts';
      import { openConnection } from './src/stores/sqlite/database/connection.ts';
      import { createSqliteStores } from './src/stores/sqlite/index.ts';
      const stores = createSqliteStores(openConnection(process.env.FILE));
      const staleness = new Staleness(undefined, { sleep: async () => undefined, every: () => () => undefined });
      console.log(await new Bans([], stores.bans, Date.now, staleness).ban('203.0.113.0/24'));
      await stores.close();`;
    const other = startProcess(process.execPath, ['--no-env-file', '-e', script], {
      cwd: checkout,
      env: { PATH: process.env.PATH, FILE: file },
    });
    expect([await other.exited, other.output()]).toEqual([0, '203.0.113.0/24\n']);
    now += 2000;
    await waitFor('the ban', () => isBanned('203.0.113.7', here));
  });
});
