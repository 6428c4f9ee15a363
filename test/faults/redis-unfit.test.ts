import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startMayfly } from '../support/mayfly-process.ts';
import { freePort } from '../support/ports.ts';
import { receiverCertificate, receiverKey } from '../support/receiver-certificate.ts';
import { startRedis } from '../support/redis.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

setDefaultTimeout(60_000);

const password = 'pass-that-must-not-be-logged';

type Scene = {
  name: string;
  /** The reason in the log line. */
  code: RegExp;
  reason: RegExp;
  args: () => string[] | Promise<string[]>;
  url: (port: number) => string;
  /** Causes the fault in a running Redis. */
  prepare?: (redis: Redis) => Promise<unknown>;
  /** Fixes the fault, if that is possible while Redis runs. */
  fix?: (redis: Redis) => Promise<unknown>;
};

let tlsPort = 0;

const scenes: Scene[] = [
  {
    name: 'a wrong password',
    code: /^WRONGPASS$/,
    reason: /invalid username-password pair/,
    args: () => ['--requirepass', password],
    url: (port) => `redis://:not-${password}@127.0.0.1:${port}`,
    fix: (redis) => redis.config('SET', 'requirepass', `not-${password}`),
  },
  {
    name: 'no password although one is required',
    code: /^NOAUTH$/,
    reason: /NOAUTH/,
    args: () => ['--requirepass', password],
    url: (port) => `redis://127.0.0.1:${port}`,
    fix: (redis) => redis.config('SET', 'requirepass', ''),
  },
  {
    name: 'a user without EVAL',
    code: /^NOPERM$/,
    reason: /'eval(sha)?'/,
    args: () => [],
    url: (port) => `redis://limited:${password}@127.0.0.1:${port}`,
    prepare: (redis) =>
      redis.call('ACL', 'SETUSER', 'limited', 'on', `>${password}`, '~*', '+@all', '-eval', '-evalsha'),
    fix: (redis) => redis.call('ACL', 'SETUSER', 'limited', '+eval', '+evalsha'),
  },
  {
    name: 'no memory left, and nothing that may be evicted',
    code: /^OOM$/,
    reason: /maxmemory/,
    args: () => ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'],
    url: (port) => `redis://127.0.0.1:${port}`,
    fix: (redis) => redis.config('SET', 'maxmemory', '0'),
  },
  {
    name: 'a node of a cluster',
    code: /^(CLUSTERDOWN|MOVED)$/,
    reason: /node of a Redis Cluster, which is not supported/,
    args: () => ['--cluster-enabled', 'yes'],
    url: (port) => `redis://127.0.0.1:${port}`,
  },
  {
    name: 'a certificate without a trusted signature',
    code: /SELF_SIGNED/,
    reason: /self.signed/,
    args: tlsArguments,
    url: () => `rediss://127.0.0.1:${tlsPort}`,
  },
  {
    name: 'a port with TLS, called without',
    code: /^ECONNRESET$/,
    reason: /TLS/,
    args: tlsArguments,
    url: () => `redis://127.0.0.1:${tlsPort}`,
  },
  {
    name: 'a port without TLS, called with it',
    code: /^ETIMEDOUT$/,
    reason: /TLS/,
    args: () => [],
    url: (port) => `rediss://127.0.0.1:${port}`,
  },
];

async function tlsArguments(): Promise<string[]> {
  tlsPort = await freePort();
  const directory = temporaryDirectory('redis-tls');
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  writeFileSync(certificate, receiverCertificate);
  writeFileSync(key, receiverKey);
  const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
  return ['--tls-port', String(tlsPort), ...files, '--tls-auth-clients', 'no'];
}

function linesOf(logs: string, event: string): Record<string, unknown>[] {
  return logs
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

await suiteWith(['redis-server'], 'a Redis that cannot be used', () => {
  for (const { name, code, reason, args, url, prepare, fix } of scenes)
    test(`because of ${name} is reported in one line at the start, and by /readyz`, async () => {
      const redis = await startRedis({ args: await args() });
      const given = url(redis.port);
      const inspector = new Redis({
        port: redis.port,
        password: given.includes('not-') || name.startsWith('no password') ? password : undefined,
      });
      await prepare?.(inspector);
      const mayfly = await startMayfly({ env: { REDIS_URL: given } });
      const failed = () => linesOf(mayfly.logs(), 'store_failed');
      await waitFor('the line', () => failed().length > 0);
      const { stores } = (await (await fetch(`${mayfly.url}/readyz`)).json()) as { stores: object };
      expect(stores).toMatchObject({ redis: 'away' });
      // A limited call is counted in the process.
      expect((await fetch(`${mayfly.url}/`)).status).toBe(200);

      expect(failed()).toEqual([
        expect.objectContaining({
          level: 40,
          store: 'redis',
          host: new URL(given).host,
          code: expect.stringMatching(code),
          reason: expect.stringMatching(reason),
          msg: 'Redis is away: rate limits are counted in the process',
        }),
      ]);
      expect(mayfly.logs()).not.toContain(password);
      expect(mayfly.logs()).not.toContain('redis.call');
      expect(mayfly.logs()).not.toContain('mayfly:');

      if (fix) {
        await fix(inspector);
        await waitFor('/readyz to say so', async () => {
          const answer = (await (await fetch(`${mayfly.url}/readyz`)).json()) as {
            stores: { redis: string };
          };
          return answer.stores.redis === 'ok';
        });
        await waitFor('the line', () => linesOf(mayfly.logs(), 'store_recovered').length === 1);
      }
      inspector.disconnect();
      expect(await mayfly.stop()).toBe(0);
      await redis.stop();
    });
});
