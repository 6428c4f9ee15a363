import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { gracePeriod } from '../src/cli/operate/stopping.ts';
import { settings } from '../src/config/index.ts';
import { parseDuration } from '../src/core/quantity.ts';
import {
  buildImage,
  type Image,
  registryAccess,
  removeImages,
  type UnpackedImage,
  unpackImage,
} from './container/buildah.ts';
import { newVolume, signalContainer, startContainer } from './container/container.ts';
import { bunImage, versitygwImage } from './container/stand-ins.ts';
import { composeProblems } from './support/compose-problems.ts';
import { checkout } from './support/parts.ts';
import { freePort } from './support/ports.ts';
import { resultsOf } from './support/private-network.ts';
import { type RunningProcess, startProcess } from './support/running-process.ts';
import { suiteWith } from './support/suite-with.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { waitFor } from './support/wait-for.ts';

const read = (file: string) => readFileSync(join(checkout, file), 'utf8');
const settingNames = new Set(Object.values(settings).map(({ name }) => name));
const { version, license } = JSON.parse(read('package.json'));
const bunVersion = JSON.parse(read('packages/runtime/package.json')).dependencies.bun;

type Service = {
  image?: string;
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
};
const compose = Bun.YAML.parse(read('compose.yaml')) as {
  services: Record<'mayfly' | 'redis' | 's3' | 's3-bucket', Service>;
};

test('the Dockerfile passes a linter', () => {
  expect(validate(read('Dockerfile')).map(({ message }) => message)).toEqual([]);
});

// The test of a built image takes minutes, and is skipped where images cannot be built.
test('the Dockerfile has the runtime of a checkout', () => {
  const bases = [...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, name]) => name);
  expect(new Set(bases)).toEqual(new Set([`oven/bun:${bunVersion}-slim`]));
});

describe('compose.yaml', () => {
  test('fits the Compose schema, and passes a linter', () => {
    expect(composeProblems(join(checkout, 'compose.yaml'))).toEqual([]);
  });

  test('sets only settings of Mayfly', () => {
    const names = Object.keys(compose.services.mayfly.environment ?? {});
    expect(names).toContain('S3_ENDPOINT');
    expect(names.filter((name) => !settingNames.has(name))).toEqual([]);
  });

  test('gives requests in flight as much time as Mayfly does', () => {
    const { stop_grace_period, environment } = compose.services.mayfly;
    const needed = gracePeriod + (parseDuration(environment?.STOP_DELAY ?? '0') ?? Number.NaN);
    expect(parseDuration(stop_grace_period ?? '')).toBeGreaterThan(needed);
  });
});

await suiteWith(
  ['buildah', 'mmdebstrap', 'namespaces', 'redis-server', 'versitygw'],
  'the image, built on a stand-in for its base',
  ({ versitygw }) => {
    let base: Image;
    let image: UnpackedImage;

    beforeAll(async () => {
      // The build takes no other image, so the Dockerfile must name the pinned version.
      base = await bunImage(`oven/bun:${bunVersion}-slim`);
      image = await unpackImage(await buildImage('mayfly', checkout, registryAccess()));
    }, 600_000);

    afterAll(removeImages, 300_000);

    test('adds less than 40 MB to its base', () => {
      const added = image.layers.slice(base.layers.length).reduce((sum, { size }) => sum + size, 0);
      const total = image.layers.reduce((sum, { size }) => sum + size, 0);
      console.info(
        `the image: ${Math.round(total / 1e6)} MB, of which Mayfly is ${Math.round(added / 1e6)} MB`,
      );
      expect(added).toBeLessThan(40_000_000);
    });

    test('has no development dependencies', () => {
      const installed = new Set(readdirSync(join(image.root, 'app', 'node_modules')));
      expect(installed.has('elysia')).toBe(true);
      expect(['typescript', 'bun', 'deno', 'esbuild'].filter((name) => installed.has(name))).toEqual([]);
    });

    test('declares its user, port, volume, signal and licence', () => {
      expect(image.config).toMatchObject({
        User: 'bun',
        ExposedPorts: { '8080/tcp': {} },
        Volumes: { '/data': {} },
        StopSignal: 'SIGTERM',
        Labels: {
          'org.opencontainers.image.title': 'Mayfly',
          'org.opencontainers.image.description': expect.stringContaining('self-hosted'),
          'org.opencontainers.image.licenses': license,
          'org.opencontainers.image.version': version,
        },
      });
    });

    test('sets only variables that Mayfly or Bun reads', () => {
      const own = image.config.Env.filter((pair) => !base.config.Env.includes(pair));
      const names = own.map((pair) => pair.split('=')[0] ?? '');
      expect(names).toContain('DATA_DIR');
      expect(names.filter((name) => name !== 'NODE_ENV' && !settingNames.has(name))).toEqual([]);
    });

    describe('as its user, on a read-only file system', () => {
      let server: RunningProcess;
      let env: Record<string, string>;
      let address: string;

      beforeAll(async () => {
        const PORT = String(await freePort());
        address = `http://127.0.0.1:${PORT}`;
        env = { HOST: '127.0.0.1', PORT };
        server = startContainer(image, { env, volumes: { '/data': newVolume(image, '/data') } });
        const isReady = async () => {
          if (!server.isRunning()) throw new Error(server.output());
          return (await fetch(`${address}/readyz`)).ok;
        };
        await waitFor('the server of the image', isReady, { timeoutMs: 60_000 });
      }, 120_000);

      afterAll(() => server.kill());

      test('can write to its volume and to /tmp only', async () => {
        const script = 'id -un; for folder in /app /etc /home/bun /data /tmp; do touch $folder/x 2>&1; done';
        const volumes = { '/data': newVolume(image, '/data') };
        const attempt = startContainer(image, { entrypoint: ['sh', '-c', script], command: [], volumes });
        await attempt.exited;
        const lines = attempt.output().trim().split('\n');
        expect(lines[0]).toBe('bun');
        expect(lines.slice(1).map((line) => /'(.*)\/x': Read-only/.exec(line)?.[1])).toEqual([
          '/app',
          '/etc',
          '/home/bun',
        ]);
      });

      test('has the command mayfly, in any folder', async () => {
        const script = 'cd / && mayfly keys create --kind storage --account acme && mayfly keys list';
        const volumes = { '/data': newVolume(image, '/data') };
        const commands = startContainer(image, { entrypoint: ['sh', '-c', script], command: [], volumes });
        expect([await commands.exited, commands.output()]).toEqual([0, expect.stringContaining('acme')]);
      });

      test('stores and serves payloads, small and large', async () => {
        for (const size of [100, 200_000]) {
          const content = 'x'.repeat(size);
          const answer = await fetch(`${address}/`, { method: 'POST', body: content });
          const id = (await answer.text()).trim().split('/').at(-1);
          expect(await (await fetch(`${address}/raw/${id}`)).text()).toBe(content);
        }
      });

      test('serves the pages and the files that browsers load', async () => {
        const html = await (await fetch(`${address}/`, { headers: { accept: 'text/html' } })).text();
        const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
        expect(assets.length).toBeGreaterThan(2);
        for (const path of [...assets, '/openapi.json', '/docs', '/swagger/json'])
          expect([path, (await fetch(`${address}${path}`)).status]).toEqual([path, 200]);
      });

      test('has a health check that passes while the server runs, and fails without one', async () => {
        const [kind, ...entrypoint] = image.config.Healthcheck?.Test ?? [];
        expect(kind).toBe('CMD');
        const check = (more: Record<string, string>) =>
          startContainer(image, { entrypoint, command: [], env: { ...env, ...more } }).exited;
        expect(await check({})).toBe(0);
        expect(await check({ PORT: String(await freePort()) })).toBe(1);
      }, 60_000);

      test('exits with 0 at its stop signal', async () => {
        signalContainer(server, image.config.StopSignal as NodeJS.Signals);
        expect(await server.exited).toBe(0);
        expect(server.output()).toContain('"msg":"stopped"');
      }, 60_000);
    });

    const services: RunningProcess[] = [];
    const keep = (service: RunningProcess) => {
      services.push(service);
      return service;
    };
    // The last one is in the network of the first one.
    afterEach(async () => {
      for (const service of services.splice(0).reverse()) await service.kill();
    });

    test('works with the other services of compose.yaml, as they are written', async () => {
      const { mayfly, redis, s3, 's3-bucket': bucket } = compose.services;
      const keepNetwork = ['--net', 'sh', '-c', 'ip link set lo up && exec sleep infinity'];
      const network = keep(startProcess('unshare', keepNetwork));
      const inNetwork = ['nsenter', `--net=/proc/${network.pid}/ns/net`];
      const store = await unpackImage(await versitygwImage(s3.image ?? '', versitygw));
      const volumes = { '/s3': temporaryDirectory('compose-s3') };
      const healthy = (name: string, check: () => Promise<number | null>) =>
        waitFor(name, async () => (await check()) === 0, { timeoutMs: 60_000 });

      expect(
        await startContainer(store, { entrypoint: bucket.entrypoint, command: [], volumes }).exited,
      ).toBe(0);
      keep(startContainer(store, { command: s3.command, env: s3.environment, volumes, network }));
      await healthy(
        's3',
        () =>
          startContainer(store, { entrypoint: [], command: s3.healthcheck?.test.slice(1), network }).exited,
      );

      const [program = '', ...args] = [...inNetwork, ...(redis.command ?? [])];
      keep(startProcess(program, args, { cwd: temporaryDirectory('compose-redis') }));
      await healthy('redis', () => {
        const [client = '', ...words] = [...inNetwork, ...(redis.healthcheck?.test.slice(1) ?? [])];
        return startProcess(client, words).exited;
      });

      const server = keep(
        startContainer(image, {
          env: mayfly.environment,
          volumes: { '/data': newVolume(image, '/data') },
          hosts: ['redis', 's3'],
          network,
        }),
      );
      const results = await resultsOf([...inNetwork, process.execPath, 'test/container/compose-client.ts']);
      expect(results).toEqual({
        stores: { database: 'ok', blobs: 'ok', disk: 'ok', redis: 'ok' },
        read: true,
        presigned: new URL(mayfly.environment?.S3_PUBLIC_ENDPOINT ?? '').origin,
        file: 'directly to the store',
      });
      expect(
        readdirSync(join(volumes['/s3'], 'buckets', mayfly.environment?.S3_BUCKET ?? '', 'blobs')),
      ).not.toBeEmpty();

      signalContainer(server, 'SIGTERM');
      expect(await server.exited).toBe(0);
    }, 300_000);
  },
);
