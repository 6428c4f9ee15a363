import { describe, expect, test } from 'bun:test';
import { ClientAddresses, isLoopback, parseAddressRanges } from '../../src/core/client-address.ts';

const behindProxies = new ClientAddresses(parseAddressRanges('10.0.0.0/8, 192.0.2.1, fd00::/8'));

/** The client address that a request from `peer` counts against. */
function clientOf(peer: string, forwardedFor?: string, addresses = behindProxies): string {
  return addresses.keyFor(
    peer,
    new Headers(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
  );
}

describe('the address of a client', () => {
  test('is that of the socket if no proxy is trusted, whatever X-Forwarded-For contains', () => {
    const nobodyTrusted = new ClientAddresses([]);
    expect(clientOf('203.0.113.7', undefined, nobodyTrusted)).toBe('203.0.113.7');
    expect(clientOf('203.0.113.7', '198.51.100.1', nobodyTrusted)).toBe('203.0.113.7');
    expect(clientOf('127.0.0.1', '198.51.100.1', nobodyTrusted)).toBe('127.0.0.1');
  });

  test('is that of the socket if this peer is not trusted', () => {
    expect(clientOf('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
  });

  test('is the one that a trusted proxy forwards', () => {
    expect(clientOf('10.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
    expect(clientOf('192.0.2.1', '198.51.100.1')).toBe('198.51.100.1');
    expect(clientOf('192.0.2.2', '198.51.100.1')).toBe('192.0.2.2');
  });

  test('is the rightmost untrusted one, because those to its left may be forged', () => {
    expect(clientOf('10.0.0.1', '8.8.8.8, 198.51.100.1')).toBe('198.51.100.1');
    expect(clientOf('10.0.0.1', '8.8.8.8, 198.51.100.1, 10.2.3.4, 192.0.2.1')).toBe('198.51.100.1');
    expect(clientOf('10.0.0.1', '10.9.9.9, 198.51.100.1')).toBe('198.51.100.1');
  });

  test('is the leftmost if all are trusted', () => {
    expect(clientOf('10.0.0.1', '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3');
  });

  test('is that of the proxy if none is forwarded', () => {
    expect(clientOf('10.0.0.1')).toBe('10.0.0.1');
    expect(clientOf('10.0.0.1', '')).toBe('10.0.0.1');
  });

  test('is that of the last trusted proxy if the next one is not an address', () => {
    expect(clientOf('10.0.0.1', 'unknown')).toBe('10.0.0.1');
    expect(clientOf('10.0.0.1', '198.51.100.1, unknown, 10.0.0.2')).toBe('10.0.0.2');
    expect(clientOf('10.0.0.1', '198.51.100.1, , ')).toBe('10.0.0.1');
    expect(clientOf('10.0.0.1', '999.1.1.1')).toBe('10.0.0.1');
    expect(clientOf('10.0.0.1', '198.51.100.1; DROP TABLE payloads')).toBe('10.0.0.1');
  });

  test.each([
    ['198.51.100.1:51234', '198.51.100.1'],
    ['[2001:db8:1:2:3::4]:443', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2:3::4]', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3::4', '2001:db8:1:2::/64'],
    ['  198.51.100.1  ', '198.51.100.1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['[::ffff:198.51.100.1]:80', '198.51.100.1'],
    ['::ffff:c633:6401', '198.51.100.1'],
  ])('is read from %p', (forwarded, client) => {
    expect(clientOf('10.0.0.1', forwarded)).toBe(client);
  });

  test('is an IPv4 address even if the socket maps it to IPv6', () => {
    expect(clientOf('::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(clientOf('::ffff:203.0.113.8')).toBe('203.0.113.8');
    expect(clientOf('::ffff:10.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
  });

  test('counts by its /64 in IPv6, because a household has a whole one', () => {
    expect(clientOf('2001:db8:0:1::1')).toBe(clientOf('2001:db8:0:1:ffff:ffff:ffff:ffff'));
    expect(clientOf('2001:db8:0:1::1')).toBe('2001:db8:0:1::/64');
    expect(clientOf('2001:db8:0:2::1')).not.toBe(clientOf('2001:db8:0:1::1'));
    expect(clientOf('fd00::1', '2001:db8::1')).toBe('2001:db8:0:0::/64');
  });

  test('is cached correctly', () => {
    const peers = Array.from({ length: 5000 }, (_, n) => `203.0.${n >> 8}.${n & 255}`);
    for (const peer of [...peers, ...peers]) expect(clientOf(peer)).toBe(peer);
  });

  test('is the text itself if the runtime reports no address', () => {
    expect(clientOf('')).toBe('');
  });
});

describe('trusted ranges', () => {
  test('are separated by commas; spaces and empty items are ignored', () => {
    expect(parseAddressRanges('')).toEqual([]);
    expect(parseAddressRanges(' 10.0.0.0/8 ,, 2001:db8::/32 ').length).toBe(2);
  });

  test('that are IPv4-mapped are the IPv4 ranges', () => {
    const addresses = new ClientAddresses(parseAddressRanges('::ffff:10.0.0.0/104'));
    const forwarded = { get: () => '203.0.113.7' };
    expect(addresses.keyFor('10.1.2.3', forwarded)).toBe('203.0.113.7');
    expect(addresses.keyFor('11.1.2.3', forwarded)).toBe('11.1.2.3');
  });

  test.each([
    '10',
    '0x7f.1',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '::ffff:10.0.0.0/90',
    'proxy.example',
    '10.0.0.0/8 192.0.2.1',
    '10.0.0.300',
    '2001:db8::/129',
  ])('are not %p, and the error names it', (text) => {
    expect(() => parseAddressRanges(`192.0.2.1, ${text}`)).toThrow(text);
  });
});

describe('loopback', () => {
  test('is this machine, in either protocol', () => {
    for (const own of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
      expect(isLoopback(own)).toBe(true);
    for (const other of ['203.0.113.7', '10.0.0.1', '2001:db8::1', '', 'localhost'])
      expect(isLoopback(other)).toBe(false);
  });
});

test.each([
  ['127.0.0.1', true],
  ['10.1.2.3', true],
  ['172.17.0.1', true],
  ['100.64.0.1', true],
  ['::1', true],
  ['fd12::1', true],
  ['203.0.113.7', false],
  ['2001:db8::1', false],
])('an untrusted peer at %s that forwards is reported once: %s', (peer, isReported) => {
  const reported: string[] = [];
  const addresses = new ClientAddresses([], (proxy) => reported.push(proxy));
  const withHeader = { get: () => '198.51.100.1' };
  for (let request = 0; request < 100; request += 1) addresses.keyFor(peer, withHeader);
  expect(reported).toEqual(isReported ? [peer] : []);
  const silent: string[] = [];
  const direct = new ClientAddresses([], (proxy) => silent.push(proxy));
  for (let request = 0; request < 100; request += 1) direct.keyFor(peer, { get: () => null });
  expect(silent).toEqual([]);
});
