import { describe, expect, test } from 'bun:test';
import { candidatesOf, parseHosts, parseSearch } from '../../../src/stores/names/system-files.ts';

describe('a hosts file (hosts(5))', () => {
  test('has the addresses of names and aliases, IPv4 first, in any case of letters', () => {
    const hosts = parseHosts(
      [
        '# a comment',
        '::1 localhost ip6',
        '127.0.0.1\tlocalhost  Web.Test. # web',
        '127.0.0.1 localhost',
        '',
      ].join('\n'),
    );
    expect(hosts).toEqual(
      new Map([
        ['localhost', ['127.0.0.1', '::1']],
        ['ip6', ['::1']],
        ['web.test', ['127.0.0.1']],
      ]),
    );
  });

  test('ignores lines without an address', () => {
    expect(parseHosts('localhost 127.0.0.1\n300.0.0.1 a\n127.0.0.1\n\n').size).toBe(0);
  });
});

describe('the search list (resolv.conf(5))', () => {
  test.each([
    ['', [], 1],
    ['nameserver 127.0.0.1\nsearch a.test b.test\noptions ndots:5 timeout:1', ['a.test', 'b.test'], 5],
    ['search a.test\ndomain B.test', ['b.test'], 1],
    ['domain b.test\nsearch a.test', ['a.test'], 1],
    ['search .\noptions edns0 ndots:99 # ndots:2', [], 15],
  ])('of %j', (text, domains, ndots) => {
    expect(parseSearch(text)).toEqual({ domains, ndots });
  });

  test.each([
    ['redis', 1, ['redis.a.test', 'redis']],
    ['redis.other', 1, ['redis.other', 'redis.other.a.test']],
    ['redis.other', 2, ['redis.other.a.test', 'redis.other']],
    ['Redis.other.', 2, ['redis.other']],
  ])('makes of %s with ndots %d', (name, ndots, candidates) => {
    expect(candidatesOf(name, { domains: ['a.test'], ndots })).toEqual(candidates);
  });
});
