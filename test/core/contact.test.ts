import { describe, expect, test } from 'bun:test';
import { Contact } from '../../src/core/operation/contact.ts';
import { SettableTime } from './settable-time.ts';

const leaseTime = 60_000;

/** A process that has been in contact with its database for a lease time, and the state of the database. */
async function inContact() {
  const time = new SettableTime();
  const database = { isAway: false };
  const contact = new Contact({
    ping: async () => {
      if (database.isAway) throw new Error('away');
    },
    clock: time.clock,
    timers: time.timers,
    leaseTime,
  });
  const stop = contact.watch();
  await time.advance(leaseTime);
  const mayClaim = () => contact.leasesEndedBy(leaseTime) === time.now;
  return { time, database, contact, stop, mayClaim };
}

/** docs/postgresql.md, "Several servers" */
describe('leases of other processes', () => {
  test('are claimed as soon as they end, while the database answers', async () => {
    const { time, mayClaim } = await inContact();
    for (let minute = 0; minute < 10; minute += 1) {
      expect(mayClaim()).toBe(true);
      await time.advance(60_000);
    }
  });

  test('are respected for one lease time after the start', async () => {
    const time = new SettableTime();
    const contact = new Contact({
      ping: async () => undefined,
      clock: time.clock,
      timers: time.timers,
      leaseTime,
    });
    contact.watch();
    await time.advance(leaseTime - 1);
    expect(contact.leasesEndedBy(leaseTime)).toBe(0);
    await time.advance(1);
    expect(contact.leasesEndedBy(leaseTime)).toBe(time.now);
  });

  test('are respected during an outage of the database, and for one lease time after it', async () => {
    const { time, database, mayClaim } = await inContact();
    database.isAway = true;
    await time.advance(leaseTime);
    expect(mayClaim()).toBe(false);
    database.isAway = false;
    // The next call finds that the database is back.
    await time.advance(leaseTime / 12);
    expect(mayClaim()).toBe(false);
    await time.advance(leaseTime - 1);
    expect(mayClaim()).toBe(false);
    await time.advance(1);
    expect(mayClaim()).toBe(true);
  });

  test('are respected for one lease time after this process was stopped, from its first moment on', async () => {
    const { time, mayClaim } = await inContact();
    // A stopped process runs no timer.
    time.now += 10 * leaseTime;
    expect(mayClaim()).toBe(false);
    await time.advance(leaseTime / 2);
    expect(mayClaim()).toBe(false);
    await time.advance(leaseTime);
    expect(mayClaim()).toBe(true);
  });

  test('are respected for as long as each of them takes to renew', async () => {
    const { time, contact } = await inContact();
    expect(contact.leasesEndedBy(2 * leaseTime)).toBe(0);
    await time.advance(leaseTime);
    expect(contact.leasesEndedBy(2 * leaseTime)).toBe(time.now);
  });

  test('are not affected by an outage that is shorter than the time between two renewals', async () => {
    const { time, database, mayClaim } = await inContact();
    database.isAway = true;
    await time.advance(leaseTime / 4);
    database.isAway = false;
    await time.advance(leaseTime / 12);
    expect(mayClaim()).toBe(true);
  });

  test('are not watched any longer after the end', async () => {
    const { time, stop } = await inContact();
    stop();
    expect(time.running).toBe(0);
  });
});
