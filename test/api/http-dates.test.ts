import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { parseHttpDate } from '../../src/api/shared/answers/http-date.ts';
import { newBucket, objectPath, put, sharedClient } from './buckets/client.ts';
import { signedUrl } from './buckets/signed-client.ts';
import { type FileServer, startFileServer } from './file-server.ts';
import { create } from './payloads/server.ts';
import { newClient, uploaded } from './putput/client.ts';

setDefaultTimeout(60_000);

const later = 'Mon, 01 Jan 2090 00:00:00 GMT';
const notDates = [
  ...['', '0', '10', '12345', '2099', 'nope', '1/1/2099', 'January 2099', '01 Jan 2099', '-1'],
  ...['2099-01-01', '2099-01-01T00:00:00Z', '4070908800000', '4070908800'],
  // Another zone, none, or one of the obsolete names of GMT.
  ...['PST', '+0000', 'UTC', 'UT', 'gmt', ''].map((zone) => later.replace('GMT', zone).trimEnd()),
  // Dates and times that do not exist.
  ...['30 Feb', '31 Apr', '00 Jan', '32 Jan', '01 Foo'].map((date) => later.replace('01 Jan', date)),
  'Mon, 29 Feb 2099 00:00:00 GMT',
  ...['24:00:00', '00:60:00', '00:00:61', '0:00:00', '00:00'].map((time) => later.replace('00:00:00', time)),
  // Other case, other space, other words.
  ...[
    later.toLowerCase(),
    later.toUpperCase(),
    later.replaceAll(' ', '  '),
    `${later}, ${later}`,
    `"${later}"`,
  ],
  ...[later.replace('Mon', 'Monday'), later.replace('Mon', 'Xyz'), later.replace('Mon, ', '')],
  ...[later.replace('01', '1'), later.replace('2090', '90'), later.replace('2090', '12090')],
  ...['Mon, 01-Jan-90 00:00:00 GMT', 'Monday, 01-Jan-2090 00:00:00 GMT', 'Monday, 01 Jan 90 00:00:00 GMT'],
  ...['Mon Jan 1 00:00:00 2090', 'Mon Jan 01 00:00:00 2090 GMT', 'Mon, Jan  1 00:00:00 2090'],
];

const now = Date.UTC(2026, 10, 29);
const example = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('an HTTP-date (RFC 9110, section 5.6.7)', () => {
  test.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', example],
    ['Sunday, 06-Nov-94 08:49:37 GMT', example],
    ['Sun Nov  6 08:49:37 1994', example],
    ['Wed Nov 16 08:49:37 1994', Date.UTC(1994, 10, 16, 8, 49, 37)],
    ['Mon, 29 Feb 2096 00:00:00 GMT', Date.UTC(2096, 1, 29)],
    // A day of the week that does not match the date.
    ['Mon, 06 Nov 1994 08:49:37 GMT', example],
    // A year of two digits is never more than 50 years ahead.
    ['Sunday, 29-Nov-76 00:00:00 GMT', Date.UTC(2076, 10, 29)],
    ['Sunday, 29-Nov-76 00:00:01 GMT', Date.UTC(1976, 10, 29, 0, 0, 1)],
    ['Friday, 31-Dec-99 23:59:59 GMT', Date.UTC(1999, 11, 31, 23, 59, 59)],
    ['Saturday, 01-Jan-00 00:00:00 GMT', Date.UTC(2000, 0, 1)],
    // A leap second.
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2016, 11, 31, 23, 59, 59)],
  ])('%s is parsed', (text, instant) => {
    expect(parseHttpDate(text, now)).toBe(instant);
  });

  test('is parsed in every format, for any date', () => {
    const toDate = fc.date({ min: new Date(0), max: new Date(now), noInvalidDate: true });
    fc.assert(
      fc.property(toDate, (date) => {
        date.setUTCMilliseconds(0);
        // Those of JavaScript are IMF-fixdates (ECMA-262, Date.prototype.toUTCString).
        const fixdate = date.toUTCString();
        const [, weekday, day, month, year = '', time] =
          /^(\w{3}), (\d\d) (\w{3}) (\d{4}) (\S+) GMT$/.exec(fixdate) ?? [];
        const longDay = date.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' });
        const texts = [
          fixdate,
          `${longDay}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
          `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`,
        ];
        // Dates of 50 or more years ago cannot be written with a two-digit year.
        const isOld = date.getTime() < Date.UTC(1976, 10, 29, 0, 0, 1);
        for (const [at, text] of texts.entries())
          if (at !== 1 || !isOld) expect([text, parseHttpDate(text, now)]).toEqual([text, date.getTime()]);
      }),
    );
  });

  test.each(notDates)('%j is not one', (text) => {
    expect(parseHttpDate(text, now)).toBeUndefined();
  });
});

describe('conditions by date', () => {
  let server: FileServer;
  /** Every way to read content that has a date. */
  const reads: Record<string, { url: string; headers?: Record<string, string> }> = {};
  let write: (method: string, condition: string) => Promise<number>;
  beforeAll(async () => {
    server = await startFileServer();
    const { hash_id } = await create(server);
    const client = await sharedClient(server);
    const { name } = await newBucket(client);
    await put(client, name, 'a.txt');
    const { public_url } = await uploaded(await newClient(server.url));
    const authorization = `Bearer ${client.key}`;
    Object.assign(reads, {
      '/raw': { url: `${server.url}/raw/${hash_id}` },
      '/p': { url: `${server.url}/p/${hash_id}` },
      '/f': { url: public_url },
      objects: { url: server.url + objectPath(name, 'a.txt'), headers: { authorization } },
      '/signed': { url: await signedUrl(client, name, 'a.txt', 'GET') },
    });
    write = async (method, condition) => {
      const key = crypto.randomUUID();
      await put(client, name, key);
      const { status } = await fetch(server.url + objectPath(name, key), {
        method,
        headers: { authorization, 'if-unmodified-since': condition },
        ...(method === 'PUT' && { body: 'new' }),
      });
      return status;
    };
  });
  afterAll(() => server.stop());

  const status = async (route: string, headers: Record<string, string>) => {
    const { url, ...own } = reads[route] ?? { url: '' };
    return (await fetch(url, { headers: { ...own.headers, ...headers } })).status;
  };
  const routes = ['/raw', '/p', '/f', 'objects', '/signed'];
  const past = 'Sun, 06 Nov 1994 08:49:37 GMT';

  test.each(routes)('%s is 304 for a date, and 200 for an invalid one', async (route) => {
    expect(await status(route, { 'if-modified-since': later })).toBe(304);
    expect(await status(route, { 'if-modified-since': past })).toBe(200);
    for (const value of notDates)
      expect([value, await status(route, { 'if-modified-since': value })]).toEqual([value, 200]);
  });

  test.each(routes)('%s is 412 for a date that has passed, and 200 for an invalid one', async (route) => {
    expect(await status(route, { 'if-unmodified-since': past })).toBe(412);
    expect(await status(route, { 'if-unmodified-since': later })).toBe(200);
    for (const value of notDates)
      expect([value, await status(route, { 'if-unmodified-since': value })]).toEqual([value, 200]);
  });

  test.each(routes)('%s sends a range only for its own date', async (route) => {
    const { url, ...own } = reads[route] ?? { url: '' };
    const date = (await fetch(url, own)).headers.get('last-modified') ?? '';
    const range = { range: 'bytes=0-1' };
    expect(await status(route, { ...range, 'if-range': date })).toBe(206);
    const iso = new Date(date).toISOString();
    for (const value of [
      ...notDates.filter((value) => value !== ''),
      past,
      later,
      iso,
      date.replace('GMT', 'UTC'),
    ])
      expect([value, await status(route, { ...range, 'if-range': value })]).toEqual([value, 200]);
  });

  test.each(['PUT', 'DELETE'])('a conditional %s respects only valid dates', async (method) => {
    expect(await write(method, past)).toBe(412);
    for (const value of [later, '0', '10', '1994', '1994-11-06T08:49:37Z', 'Sun, 06 Nov 1994 08:49:37 PST'])
      expect([value, await write(method, value)]).toEqual([value, method === 'PUT' ? 200 : 204]);
  });
});
