import { serveHttp, serveHttps } from './remote-servers.ts';
import { fails, failureTextOf, type OpenOutbound, openLoopback, type Scenario, textOf } from './scenario.ts';

const failed = 'remote_failed: The URL did not answer';
const refusedRedirect = 'remote_failed: The URL redirects to one that may not be called';

/** In these scenarios 127.0.0.1 counts as public, and the rest of loopback is private. */
const isPublic = (address: string) => address === '127.0.0.1';

/** Names that resolve to these addresses, one for each lookup, the last one repeatedly. */
function names(open: OpenOutbound, answers: Record<string, string[][]>) {
  const looked: string[] = [];
  const resolve = async (name: string) => {
    const known = answers[name];
    const times = looked.filter((before) => before === name).length;
    looked.push(name);
    return known?.[Math.min(times, known.length - 1)] ?? [];
  };
  const outbound = open({ allowPrivate: false, connectTimeout: 300 }, resolve, isPublic);
  return { outbound, looked };
}

/** One port with a public server, which redirects as its path says, and a private one that must receive nothing. */
async function twoServers() {
  const heard = { public: 0, private: 0 };
  const port = await serveHttp((request, response) => {
    heard.public += 1;
    const to = new URL(request.url ?? '', 'http://here').searchParams.get('to');
    if (to === null) response.end(`public ${request.headers.host}`);
    else response.writeHead(302, { location: to }).end();
  });
  await serveHttp(
    (_, response) => {
      heard.private += 1;
      response.end('private');
    },
    '127.0.0.2',
    port,
  );
  return { port, heard };
}

export const guardScenarios: Scenario[] = [
  {
    name: 'only http and https URLs without credentials or a private address may be called',
    run: async (open) => {
      const { outbound } = names(open, { 'receiver.test': [['127.0.0.1']] });
      const may = [
        'http://receiver.test/',
        'https://receiver.test:8443/a?b=c',
        'http://127.0.0.1/',
        'http://127.1/',
      ];
      const mayNot = [
        ...['ftp://receiver.test/', 'file:///etc/passwd', 'data:,a', 'receiver.test', ''],
        ...['http://user@receiver.test/', 'https://user:secret@receiver.test/'],
        ...['http://127.0.0.2/', 'http://0x7f000002/', 'http://[::1]/', 'http://[::ffff:127.0.0.2]/'],
      ];
      const allowed: string[] = [];
      for (const url of [...may, ...mayNot]) if (await outbound.mayCall(url)) allowed.push(url);
      return {
        refused: may.filter((url) => !allowed.includes(url)),
        allowed: mayNot.filter((url) => allowed.includes(url)),
      };
    },
    expected: { refused: [], allowed: [] },
  },
  {
    name: 'a call looks its name up once, and sends the name as its host',
    run: async (open) => {
      const { port, heard } = await twoServers();
      const { outbound, looked } = names(open, { 'receiver.test': [['127.0.0.1']] });
      const { chunks } = await outbound.get(`http://receiver.test:${port}/`);
      const text = await textOf(chunks);
      return { isOfName: text === `public receiver.test:${port}`, looked, heard };
    },
    expected: { isOfName: true, looked: ['receiver.test'], heard: { public: 1, private: 0 } },
  },
  {
    name: 'a name that is public at the first lookup and private at the second does not bypass the guard',
    run: async (open) => {
      const { port, heard } = await twoServers();
      const { outbound, looked } = names(open, { 'rebind.test': [['127.0.0.1'], ['127.0.0.2']] });
      const first = await outbound.post(`http://rebind.test:${port}/`, {}, '', 1000);
      const looksOfOneCall = looked.length;
      const second = await fails(() => outbound.post(`http://rebind.test:${port}/`, {}, '', 1000));
      return { first, looksOfOneCall, second, heard };
    },
    expected: { first: 200, looksOfOneCall: 1, second: true, heard: { public: 1, private: 0 } },
  },
  {
    name: 'a name with a public and a private address is not called',
    run: async (open) => {
      const { port, heard } = await twoServers();
      const { outbound } = names(open, { 'mixed.test': [['127.0.0.1', '127.0.0.2']] });
      return [await failureTextOf(() => outbound.get(`http://mixed.test:${port}/`)), heard];
    },
    expected: [failed, { public: 0, private: 0 }],
  },
  {
    name: 'a private name, an unknown one and one that refuses connections fail in the same way',
    run: async (open) => {
      const { outbound } = names(open, { 'private.test': [['127.0.0.2']], 'closed.test': [['127.0.0.1']] });
      const hosts = ['private.test', 'unknown.test', 'closed.test'];
      return Promise.all(hosts.map((host) => failureTextOf(() => outbound.get(`http://${host}:1/`))));
    },
    expected: [failed, failed, failed],
  },
  {
    name: 'a redirect to a private name, address, scheme or to credentials is not followed',
    run: async (open) => {
      const { port, heard } = await twoServers();
      const { outbound } = names(open, { 'receiver.test': [['127.0.0.1']], 'private.test': [['127.0.0.2']] });
      const failures: string[] = [];
      for (const to of [
        `http://private.test:${port}/`,
        `http://127.0.0.2:${port}/`,
        `//127.0.0.2:${port}/`,
        `http://[::ffff:127.0.0.2]:${port}/`,
        'file:///etc/passwd',
        `http://user@127.0.0.1:${port}/`,
        'http://',
      ])
        failures.push(
          await failureTextOf(() =>
            outbound.get(`http://receiver.test:${port}/?to=${encodeURIComponent(to)}`),
          ),
        );
      return [failures, heard];
    },
    expected: [[failed, ...Array(6).fill(refusedRedirect)], { public: 7, private: 0 }],
  },
  {
    name: 'a URL may be called if no address of its name is private, or the name is unknown',
    run: async (open) => {
      const { outbound, looked } = names(open, {
        'public.test': [['127.0.0.1']],
        'private.test': [['127.0.0.2']],
        'mixed.test': [['127.0.0.1', '127.0.0.2']],
        'rebind.test': [['127.0.0.1'], ['127.0.0.2']],
      });
      const hosts = [
        'public.test',
        'private.test',
        'mixed.test',
        'rebind.test',
        'rebind.test',
        'unknown.test',
      ];
      const ofNames: boolean[] = [];
      for (const host of hosts) ofNames.push(await outbound.mayCall(`https://${host}/hook`));
      const urls = ['http://127.0.0.1/', 'http://127.0.0.2/', 'ftp://public.test/', 'http://a@public.test/'];
      const ofUrls = await Promise.all(urls.map((url) => outbound.mayCall(url)));
      return { ofNames, ofUrls, isLookedUp: looked.length === hosts.length };
    },
    expected: {
      ofNames: [true, false, false, true, false, true],
      ofUrls: [true, false, false, false],
      isLookedUp: true,
    },
  },
  {
    name: 'if private addresses are allowed, checking a URL needs no lookup',
    run: async (open) => {
      const never = () => new Promise<string[]>(() => undefined);
      const outbound = open({ allowPrivate: true }, never);
      return [await outbound.mayCall('http://a.test/'), await outbound.mayCall('ftp://a.test/')];
    },
    expected: [true, false],
  },
  {
    name: 'a lookup that hangs is not awaited, and rejects no URL',
    run: async (open) => {
      const never = () => new Promise<string[]>(() => undefined);
      const outbound = open({ allowPrivate: false, lookupTimeout: 100 }, never, isPublic);
      return outbound.mayCall('http://slow.test/');
    },
    expected: true,
  },
  {
    name: 'names resolve as in the system, and localhost is private',
    run: async (open, lookup) => {
      const port = await serveHttp((_, response) => void response.end());
      const post = (allowPrivate: boolean) =>
        open({ allowPrivate }, lookup).post(`http://localhost:${port}/`, {}, '', 2000);
      return [await post(true), await fails(() => post(false))];
    },
    expected: [200, true],
  },
  {
    name: 'the next address is tried if one refuses the connection',
    run: async (open) => {
      const port = await serveHttp((_, response) => void response.end());
      const resolve = async () => ['127.0.0.3', '127.0.0.1'];
      const outbound = open({ allowPrivate: true }, resolve);
      return outbound.post(`http://receiver.test:${port}/`, {}, '', 2000);
    },
    expected: 200,
  },
  {
    name: 'the TLS certificate is checked against the name',
    run: async (open) => {
      const port = await serveHttps((request, response) => {
        const { servername } = request.socket as { servername?: string };
        response.end(`${servername} ${request.headers.host === `receiver.test:${port}`}`);
      });
      const outbound = openLoopback(open);
      const { chunks } = await outbound.get(`https://receiver.test:${port}/`);
      return [
        await textOf(chunks),
        await failureTextOf(() => outbound.get(`https://other.test:${port}/`)),
        await failureTextOf(() => outbound.get(`https://127.0.0.1:${port}/`)),
      ];
    },
    expected: ['receiver.test true', failed, failed],
  },
  {
    name: 'the timeout for connecting does not limit the response',
    run: async (open) => {
      const port = await serveHttps((_, response) => {
        setTimeout(() => response.end(), 500);
      });
      return openLoopback(open, { connectTimeout: 250 }).post(`https://receiver.test:${port}/`, {}, '', 5000);
    },
    expected: 200,
  },
];
