import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { settings } from '../src/config/index.ts';
import { readCopy, readEnvironment, readWords } from './container/dockerfile.ts';
import { type Image, instructions, layOutImage } from './container/image.ts';
import { composeProblems } from './support/compose-problems.ts';
import { startMayfly } from './support/mayfly-process.ts';
import { checkout } from './support/parts.ts';
import { freePort } from './support/ports.ts';
import { startRedis } from './support/redis.ts';
import { type RunningProcess, startProcess } from './support/running-process.ts';
import { suiteWith } from './support/suite-with.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { waitFor } from './support/wait-for.ts';

const dockerfile = readFileSync(join(checkout, 'Dockerfile'), 'utf8');
const settingNames = new Set(Object.values(settings).map(({ name }) => name));

type Service = {
  image?: string;
  ports?: string[];
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
};
const compose = Bun.YAML.parse(readFileSync(join(checkout, 'compose.yaml'), 'utf8')) as {
  services: Record<'mayfly' | 'redis' | 's3' | 's3-bucket', Service>;
};

/** A guest's upload by PutPut, from the token to the confirmed file. */
async function uploadPresigned(url: string, content: string) {
  const post = async (path: string, headers: Record<string, string>, body?: unknown) =>
    (await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  const { token } = (await post('/auth/guest', {})) as { token: string };
  const headers = { authorization: `Bearer ${token}` };
  const described = { filename: 'a.txt', content_type: 'text/plain', size_bytes: content.length };
  const { upload_id, presigned_url } = (await post('/upload/presign', headers, described)) as {
    upload_id: string;
    presigned_url: string;
  };
  await fetch(presigned_url, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: content });
  const { file } = (await post('/upload/confirm', headers, { upload_id })) as {
    file: { public_url: string };
  };
  return { presignedUrl: presigned_url, publicUrl: file.public_url.replace('http://localhost:8080', url) };
}

describe('the Dockerfile', () => {
  test('passes a linter', () => {
    expect(validate(dockerfile).map(({ message }) => message)).toEqual([]);
  });

  test('copies only existing files that .dockerignore includes', () => {
    const included = readFileSync(join(checkout, '.dockerignore'), 'utf8').match(/(?<=^!).+$/gm) ?? [];
    const sources = instructions
      .filter(({ name }) => name === 'COPY')
      .map(readCopy)
      .flatMap((copy) => (copy.from === undefined ? copy.sources : []));
    expect(sources.filter((source) => !existsSync(join(checkout, source)))).toEqual([]);
    expect([...new Set(sources)].toSorted()).toEqual(included.toSorted());
  });

  test('uses the Bun version that package.json pins', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
    const images = instructions.filter(({ name }) => name === 'FROM').map(({ text }) => text.split(' ')[0]);
    expect(new Set(images)).toEqual(new Set([`oven/bun:${devDependencies.bun}-slim`]));
  });

  test('runs as an unprivileged user, who owns the volume', () => {
    const last = instructions.filter(({ stage }) => stage === '');
    const position = (name: string) => last.findIndex((instruction) => instruction.name === name);
    expect(last[position('USER')]?.text).toBe('bun');
    expect(last.find(({ name }) => name === 'RUN')?.text).toContain('chown bun:bun /data');
    expect(position('RUN')).toBeLessThan(position('VOLUME'));
    expect(readWords(last, 'VOLUME')).toEqual([readEnvironment(instructions).DATA_DIR ?? '']);
    expect(last[position('EXPOSE')]?.text).toBe(readEnvironment(instructions).PORT ?? '');
  });

  test('sets only variables that Mayfly or Bun reads', () => {
    const names = Object.keys(readEnvironment(instructions)).filter((name) => name !== 'NODE_ENV');
    expect(names.filter((name) => !settingNames.has(name))).toEqual([]);
  });
});

describe('the image', () => {
  let image: Image;
  let server: RunningProcess | undefined;
  let env: Record<string, string>;
  let address: string;

  const inImage = (words: string[], more: Record<string, string> = {}) => {
    const [program = '', ...rest] = words;
    return startProcess(join(image.bin, program), rest, { cwd: image.app, env: { ...env, ...more } });
  };
  const listing = () => readdirSync(image.app, { recursive: true }).toSorted();
  let before: ReturnType<typeof listing>;

  beforeAll(async () => {
    image = await layOutImage();
    before = listing();
    const port = await freePort();
    address = `http://127.0.0.1:${port}`;
    const DATA_DIR = temporaryDirectory('image-data');
    env = {
      ...readEnvironment(instructions),
      PATH: image.bin,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR,
    };
    server = inImage([...readWords(instructions, 'ENTRYPOINT'), ...readWords(instructions, 'CMD')]);
    await waitFor('the server of the image', async () => {
      if (!server?.isRunning()) throw new Error(server?.output());
      return (await fetch(`${address}/readyz`)).ok;
    });
  }, 120_000);

  afterAll(() => server?.kill());

  test('has no development dependencies', () => {
    const installed = new Set(readdirSync(join(image.app, 'node_modules')));
    expect(installed.has('elysia')).toBe(true);
    expect(['typescript', 'bun', 'deno', 'fast-check'].filter((name) => installed.has(name))).toEqual([]);
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
    const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(assets.length).toBeGreaterThan(2);
    for (const path of assets) expect([path, (await fetch(`${address}${path}`)).status]).toEqual([path, 200]);
  });

  test('serves the API page offline', async () => {
    for (const path of ['/openapi.json', '/docs', '/swagger/json'])
      expect([path, (await fetch(`${address}${path}`)).status]).toEqual([path, 200]);
  });

  test('has the clients of S3 and Redis', async () => {
    const clients = ['./src/stores/blobs/s3.ts', './src/stores/limits/redis.ts'];
    const imports = clients.map((file) => `await import('${file}');`).join(' ');
    const loading = inImage(['bun', '-e', imports]);
    expect([await loading.exited, loading.output()]).toEqual([0, '']);
  });

  test('has a health check that passes while the server runs, and fails without one', async () => {
    const check = readWords(instructions, 'HEALTHCHECK');
    expect(await inImage(check).exited).toBe(0);
    expect(await inImage(check, { PORT: String(await freePort()) }).exited).toBe(1);
  }, 20_000);

  test('does not change while the server runs, which exits with 0 at SIGTERM', async () => {
    expect(instructions.find(({ name }) => name === 'STOPSIGNAL')?.text).toBe('SIGTERM');
    expect(await server?.stop(35_000)).toBe(0);
    expect(listing()).toEqual(before);
  }, 40_000);
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
    expect(Number.parseInt(compose.services.mayfly.stop_grace_period ?? '', 10)).toBeGreaterThan(30);
  });
});

await suiteWith(
  ['redis-server', 'versitygw'],
  'the services of compose.yaml, without containers',
  ({ versitygw }) => {
    test('work together with these settings', async () => {
      const { mayfly, s3, 's3-bucket': bucket } = compose.services;
      const volume = temporaryDirectory('compose-s3');
      const inVolume = (word: string) => word.replace(/^\/s3(?=\/)/, volume);
      const [mkdir, option, ...folders] = bucket.entrypoint ?? [];
      expect([mkdir, option]).toEqual(['mkdir', '-p']);
      for (const folder of folders) mkdirSync(inVolume(folder), { recursive: true });

      const port = await freePort();
      const local = (text: string) => text.replaceAll('7070', String(port));
      const env = { ...s3.environment, VGW_PORT: `127.0.0.1:${port}` };
      const store = startProcess(versitygw, (s3.command ?? []).map(inVolume), { env });
      const health = local(s3.healthcheck?.test.at(-1) ?? '');
      await waitFor(`the S3 server at ${health}`, async () => (await fetch(health)).ok);

      const redis = await startRedis();
      const server = await startMayfly({
        env: {
          ...mayfly.environment,
          REDIS_URL: redis.url,
          S3_ENDPOINT: local(mayfly.environment?.S3_ENDPOINT ?? '').replace('//s3:', '//127.0.0.1:'),
          S3_PUBLIC_ENDPOINT: local(mayfly.environment?.S3_PUBLIC_ENDPOINT ?? ''),
          RATE_LIMIT: '100',
        },
      });
      const { stores } = (await (await fetch(`${server.url}/readyz`)).json()) as {
        stores: Record<string, string>;
      };
      expect(stores).toEqual({ database: 'ok', blobs: 'ok', disk: 'ok', redis: 'ok' });

      const content = 'large '.repeat(50_000);
      const created = await fetch(`${server.url}/`, { method: 'POST', body: content });
      const id = (await created.text()).trim().split('/').at(-1);
      expect(await (await fetch(`${server.url}/raw/${id}`)).text()).toBe(content);
      const blobs = readdirSync(join(volume, 'buckets', mayfly.environment?.S3_BUCKET ?? '', 'blobs'));
      expect(blobs).toHaveLength(1);

      // A client outside of the network uses the public address of the store and its published port.
      const file = await uploadPresigned(server.url, 'directly to the store');
      expect(new URL(file.presignedUrl).origin).toBe(local(mayfly.environment?.S3_PUBLIC_ENDPOINT ?? ''));
      expect(s3.ports).toEqual([
        expect.stringContaining(`:${new URL(mayfly.environment?.S3_PUBLIC_ENDPOINT ?? '').port}:7070`),
      ]);
      expect(await (await fetch(file.publicUrl)).text()).toBe('directly to the store');

      await server.stop();
      await Promise.all([store.stop(), redis.stop()]);
    }, 60_000);
  },
);
