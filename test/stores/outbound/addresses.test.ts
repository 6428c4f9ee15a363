import { describe, expect, test } from 'bun:test';
import { isPublicAddress } from '../../../src/stores/outbound/addresses.ts';
import { GuardedOutbound } from '../../../src/stores/outbound/guarded-outbound.ts';

// From the special-purpose address registries of IANA, and internal addresses of clouds.
const notPublic = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200',
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.0.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::8.8.8.8',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:169.254.169.254',
  '::ffff:168.63.129.16',
  '::ffff:0:127.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::10.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::10.0.0.1',
  '64:ff9b:1::8.8.8.8',
  '100::1',
  '2001::1',
  '2001:2::1',
  '2001:10::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2002:a00:1::1',
  '2002:808:808::1',
  '3fff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
];

const isPublic = [
  '1.1.1.1',
  '8.8.8.8',
  '11.0.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '126.255.255.255',
  '128.0.0.1',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '192.169.0.1',
  '223.255.255.254',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
];

describe('an address', () => {
  test.each(notPublic)('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each(isPublic)('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each(['', 'localhost', '8.8.8', '0x08.8.8.8', '010.8.8.8', '8.8.8.8 ', '[2606:4700::1]', '8.8.8.8/8'])(
    '%p is none',
    (text) => {
      expect(isPublicAddress(text)).toBe(false);
    },
  );
});

describe('a URL', () => {
  const guarded = new GuardedOutbound({ allowPrivate: false }, async () => []);
  const open = new GuardedOutbound({ allowPrivate: true }, async () => []);

  test.each([
    'http://example.com',
    'https://example.com:8443/a?b#c',
    'https://8.8.8.8/',
    'http://[2606:4700::1111]/',
    'HTTPS://EXAMPLE.COM/',
    'https://müller.example/',
  ])('%s may be called', async (url) => {
    expect(await guarded.mayCall(url)).toBe(true);
  });

  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://[::1]:8080/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://192.168.0.1',
    'http://１２７.０.０.１/',
    'http://127。0。0。1/',
  ])('%s may be called only where private addresses may', async (url) => {
    expect([await guarded.mayCall(url), await open.mayCall(url)]).toEqual([false, true]);
  });

  test.each([
    '',
    'example.com',
    '/path',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,x',
    'unix:///run/x.sock',
    'https://user@example.com/',
    'https://user:password@example.com/',
    'https://:password@example.com/',
    'http://',
    'http://[::1',
    'http://[fe80::1%25eth0]/',
    'http://a b/',
    'http://example.com:99999/',
  ])('%p may never be called', async (url) => {
    expect([await guarded.mayCall(url), await open.mayCall(url)]).toEqual([false, false]);
  });
});
