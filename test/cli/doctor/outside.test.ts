import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCertificate } from '../../../src/cli/use/doctor/certificate.ts';
import { checkForgedAddress, checkSeenAddress } from '../../../src/cli/use/doctor/client-address.ts';
import { examineFromOutside } from '../../../src/cli/use/doctor/index.ts';
import {
  certificateWithoutChain,
  expiredCertificate,
  faultyCertificatesKey,
} from '../../support/faulty-certificates.ts';
import { type MayflyProcess, startMayfly } from '../../support/mayfly-process.ts';
import { freePort } from '../../support/ports.ts';
import { suiteWith } from '../../support/suite-with.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { localhostCertificate, localhostKey, testAuthority } from '../../support/test-authority.ts';
import { startHaproxyWith, startNginxWith, type WebProxy } from '../../support/web-proxies.ts';
import { startOtherServer } from '../other-server.ts';
import { newUser } from '../user.ts';
import { collected, fromOutside } from './findings.ts';

setDefaultTimeout(120_000);

const signal = new AbortController().signal;

describe('an address', () => {
  test('without a name, or without a server, is a problem, and ends the checks', async () => {
    expect(await fromOutside('http://nowhere.invalid')).toEqual({
      address: expect.stringMatching(/^problem: the name nowhere\.invalid is not found .*DNS record/),
    });
    const port = await freePort();
    expect(await fromOutside(`http://127.0.0.1:${port}`)).toEqual({
      address: expect.stringMatching(/^problem: .*nothing listens there: start the server/),
    });
  });

  test('of another server is a problem, also of a proxy without a server', async () => {
    const other = startOtherServer(() => new Response('hello', { status: 404 }));
    const proxy = startOtherServer(() => new Response('', { status: 502, headers: { server: 'nginx' } }));
    expect(await fromOutside(other.url)).toMatchObject({
      server:
        'problem: status 404 is not from a Mayfly: check the address, its path, and what the proxy passes on',
    });
    expect((await fromOutside(proxy.url)).server).toMatch(
      /^problem: status 502 from nginx: Mayfly does not run/,
    );
    await Promise.all([other.stop(), proxy.stop()]);
  });
});

await suiteWith(['nginx', 'haproxy'], 'a server behind a proxy', () => {
  let mayfly: MayflyProcess;
  let nginx: WebProxy;
  let haproxy: WebProxy;
  const ports: Record<string, number> = {};
  const at = (name: string, scheme = 'http', host = '127.0.0.1') => `${scheme}://${host}:${ports[name]}`;
  let authority: string;

  beforeAll(async () => {
    for (const name of ['good', 'small', 'buffering', 'tls', 'expired', 'unchained', 'denying', 'waiting'])
      ports[name] = await freePort();
    mayfly = await startMayfly({
      clockless: true,
      env: { PUBLIC_URL: at('good'), TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT: '1000' },
    });
    const folder = temporaryDirectory('certificates');
    const file = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    authority = file('authority.pem', testAuthority);
    const faultyKey = file('faulty.key', faultyCertificatesKey);
    const server = (name: string, content: string, more = '') => `
      server {
        listen 127.0.0.1:${ports[name]}${more};
        ${content}
        location / {
          proxy_pass ${mayfly.url};
          proxy_http_version 1.1;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
      }`;
    const streaming = 'proxy_request_buffering off; proxy_buffering off;';
    const tls = (certificate: string, key: string) =>
      `ssl_certificate ${certificate}; ssl_certificate_key ${key}; client_max_body_size 512m; ${streaming}`;
    nginx = await startNginxWith(
      ports.good ?? 0,
      [
        server('good', `client_max_body_size 512m; ${streaming}`),
        server('small', `client_max_body_size 3m; ${streaming}`),
        server('buffering', 'client_max_body_size 512m;'),
        server('tls', tls(file('good.pem', localhostCertificate), file('good.key', localhostKey)), ' ssl'),
        server('expired', tls(file('expired.pem', expiredCertificate), faultyKey), ' ssl'),
        server('unchained', tls(file('unchained.pem', certificateWithoutChain), faultyKey), ' ssl'),
      ].join('\n'),
    );
    haproxy = await startHaproxyWith(
      ports.waiting ?? 0,
      `defaults
  mode http
  timeout client 60s
  timeout connect 5s
  timeout server 60s
  default_backend back
frontend waiting
  bind 127.0.0.1:${ports.waiting}
  option http-buffer-request
frontend denying
  bind 127.0.0.1:${ports.denying}
  http-request deny deny_status 413 if { req.hdr_val(content-length) gt 5242880 }
backend back
  server mayfly 127.0.0.1:${mayfly.port}
`,
    );
  });
  afterAll(async () => {
    await Promise.all([nginx.stop(), haproxy.stop()]);
    await mayfly.stop();
  });

  test.concurrent('has nothing wrong if it is set up as documented', async () => {
    const found = await fromOutside(at('good'));
    expect(Object.values(found).filter((each) => !/^(ok|skipped)/.test(each))).toEqual([]);
    expect(found).toMatchObject({
      server: expect.stringMatching(/^ok: a Mayfly answers behind nginx/),
      'public URL': `ok: PUBLIC_URL is ${at('good')}`,
      clock: expect.stringMatching(/^ok/),
      database: expect.stringMatching(/^ok/),
      'body size': expect.stringMatching(/^ok: bodies of up to 512\.0 MiB reach the server/),
      uploads: expect.stringMatching(/^ok/),
    });
  });

  test.concurrent('with a small limit for bodies, and at another address than PUBLIC_URL, is a problem', async () => {
    expect(await fromOutside(at('small'))).toMatchObject({
      'body size':
        'problem: the proxy refuses bodies over 3.0 MiB, and the server accepts 512.0 MiB: set client_max_body_size 512m; in nginx',
      'public URL': `warning: links begin with ${at('good')}: set PUBLIC_URL=${at('small')}, or use that address`,
    });
  });

  test.concurrent('which stores bodies before it passes them on is a warning', async () => {
    expect((await fromOutside(at('buffering'))).uploads).toMatch(
      /^warning: the proxy waits for whole bodies.*proxy_request_buffering off; in nginx/,
    );
  });

  test.concurrent('HAProxy that waits for bodies, or refuses large ones, is found too', async () => {
    const [waiting, denying] = await Promise.all([fromOutside(at('waiting')), fromOutside(at('denying'))]);
    expect(waiting.uploads).toMatch(/^warning: .*turn off request buffering/);
    expect(denying['body size']).toMatch(/^problem: the proxy refuses bodies over 5\.0 MiB/);
    expect(denying.uploads).toMatch(/^ok/);
  });

  for (const runtime of ['bun', 'deno'] as const)
    test.concurrent(`the command prints a line for each check, and fails for a problem, on ${runtime}`, async () => {
      const user = await newUser(at('small'), { runtime, env: { NODE_EXTRA_CA_CERTS: authority } });
      const { code, stdout, stderr } = await user.call(['doctor']);
      expect([code, stderr]).toEqual([1, '']);
      expect(stdout).toMatch(/^ok {7}address +127\.0\.0\.1 accepts connections/);
      expect(stdout).toMatch(/^problem {2}body size +the proxy refuses bodies over 3\.0 MiB/m);
      const json = await user.call(['doctor', '--json', at('tls', 'https', 'localhost')]);
      const findings = json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(findings).toContainEqual({
        check: 'certificate',
        state: 'ok',
        message: 'valid for localhost until 2126-11-06',
      });
      expect([json.code, json.stderr]).toEqual([0, '']);
    });

  test('a certificate that has expired, is for another name, or lacks its chain is a problem', async () => {
    const certificateAt = async (name: string, host = 'localhost') => {
      const target = { url: new URL(at(name, 'https', host)), address: '127.0.0.1', signal };
      const { state, message } = await checkCertificate(target);
      return `${state}: ${message}`;
    };
    expect(await certificateAt('expired')).toMatch(/^problem: it expired on 2020-01-31: renew it/);
    expect(await certificateAt('tls', '127.0.0.1')).toMatch(
      /^problem: it is for DNS:localhost, not for 127\.0\.0\.1/,
    );
    expect(await certificateAt('tls')).toMatch(
      /^problem: its authority CN=ca\.test is not known here.*NODE_EXTRA/,
    );
    expect(await certificateAt('unchained')).toMatch(
      /^problem: the chain is incomplete.*CN=public\.test.*fullchain/,
    );
    expect(await certificateAt('good')).toMatch(/^problem: the TLS handshake fails/);
  });

  test.concurrent('another program at the port of the server is a problem, although the proxy is well', async () => {
    const other = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => new Response(null, { status: 404 }),
    });
    const found = await collected(examineFromOutside(at('good'), signal, `http://127.0.0.1:${other.port}`));
    expect(found).toMatchObject({
      process: expect.stringMatching(/^problem: status 404 is not from a Mayfly/),
      server: expect.stringMatching(/^ok/),
    });
    await other.stop(true);
  });

  test.concurrent('the command ends at once at Ctrl-C', async () => {
    const user = await newUser(at('buffering'));
    const call = await user.atTerminal(['doctor']);
    await call.waitFor('body size');
    call.type('\u0003');
    expect(await call.exited).toBe(130);
    expect(call.shown()).not.toContain('request_buffering');
  });

  test.concurrent('an interruption of the two checks that run together is one failure', async () => {
    const interruption = new AbortController();
    const examine = async () => {
      for await (const { check } of examineFromOutside(at('buffering'), interruption.signal))
        if (check === 'database') interruption.abort(new Error('interrupted'));
    };
    await expect(examine()).rejects.toThrow('interrupted');
    // An unhandled rejection fails the test.
    await Bun.sleep(0);
  });

  test('clients that can forge their address are a problem, and others not', async () => {
    // Not recognised as this machine.
    const address = '0.0.0.0';
    const trusting = { url: new URL(mayfly.url), address, signal };
    expect((await checkForgedAddress(trusting)).message).toMatch(
      /^clients can forge .*narrow TRUSTED_PROXIES/,
    );
    const other = await startMayfly({ clockless: true, env: { RATE_LIMIT: '1000' } });
    const careful = { url: new URL(other.url), address, signal };
    expect(await checkForgedAddress(careful)).toMatchObject({ state: 'ok' });
    await other.stop();
  });

  test('a server that does not trust its proxy counts all calls against the proxy', async () => {
    const target = { url: new URL(at('good')), address: '127.0.0.1', signal };
    const own = { url: new URL(mayfly.url), address: '127.0.0.1', signal };
    expect(await checkSeenAddress(target, own)).toMatchObject({ state: 'ok' });
    await mayfly.stop();
    mayfly = await startMayfly({ clockless: true, env: { PORT: String(mayfly.port), RATE_LIMIT: '1000' } });
    expect(await checkSeenAddress(target, own)).toMatchObject({
      state: 'warning',
      message: expect.stringContaining('set TRUSTED_PROXIES'),
    });
  });
});

await suiteWith(['faketime'], 'a clock', ({ faketime }) => {
  test('that is an hour ahead is a problem', async () => {
    const server = await startMayfly({ clockless: true, commandPrefix: [faketime, '-f', '+1h'] });
    expect((await fromOutside(server.url)).clock).toMatch(
      /^problem: the server's is 3[56]\d\d s ahead of this machine's/,
    );
    await server.stop();
  });
});
