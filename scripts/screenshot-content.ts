import { deflateSync } from 'node:zlib';
import { createClient } from '../src/client/index.ts';
import { seal } from '../src/encryption/index.ts';
import type { KeptPaste } from '../src/web/kept/pastes.ts';
import { mayflyOutput } from '../test/support/mayfly-command.ts';
import type { MayflyProcess } from '../test/support/mayfly-process.ts';

/** The content of the screenshots: paths and names. */
export type ExampleContent = {
  draft: string;
  files: { name: string; mimeType: string; buffer: Buffer }[];
  code: string;
  markdown: string;
  json: string;
  image: string;
  counted: string;
  sealed: string;
  pastes: KeptPaste[];
  bucket: string;
};

const code = `import { createClient } from 'mayfly/client';

const { payloads } = createClient({ url: 'https://paste.example.com' });

/** Shares a report for a day. */
export async function shareReport(report: object): Promise<string> {
  const text = JSON.stringify(report, null, 2);
  const { url, expiresAt } = await payloads.create(text, {
    name: 'report.json',
    type: 'application/json',
    ttl: '1d',
  });
  console.log(\`Expires at \${expiresAt}\`); // nobody can read it afterwards
  return url;
}

for (let attempt = 1; attempt <= 3; attempt += 1) {
  if (await isReady(attempt * 1000)) break;
}
`;

const markdown = `# Release checklist

What is left before **2.0**:

- [x] Migrate the database
- [x] Tell everyone who has a webhook
- [ ] Write the announcement

| Step    | Who   | When     |
| ------- | ----- | -------- |
| Freeze  | Ada   | Monday   |
| Release | Grace | Thursday |

> Nothing is deployed on a Friday.

\`\`\`sh
npm test && npm run release
\`\`\`
`;

const json = `{
  "service": "checkout",
  "healthy": true,
  "latency": { "p50": 12.40, "p99": 81.9 },
  "regions": ["eu-central", "us-east", "ap-south"],
  "lastDeploy": { "version": "2.0.1", "by": "ada", "notes": null },
  "largeNumber": 9007199254740993
}
`;

const draft = `Dear Grace,

the certificate of the staging server is below. It is only good
until tomorrow, and so is this page.

Ada
`;

/** Uploads the content of the screenshots. */
export async function exampleContent(url: string): Promise<ExampleContent> {
  const { payloads } = createClient({ url });
  const picture = pngOf(720, 420);
  const put = async (
    name: string | undefined,
    type: string,
    content: string | Uint8Array<ArrayBuffer>,
    maxReads?: number,
  ) => {
    const created = await payloads.create(content, { name, type, maxReads, ttl: '3d' });
    return {
      ...{ id: created.id, url: created.url, name: name ?? null, type, deleteToken: created.deleteToken },
      size: Buffer.byteLength(content),
      createdAt: Date.now(),
      expiresAt: Date.parse(created.expiresAt),
      maxReads: maxReads ?? null,
      sealed: false,
    };
  };
  const sealedFile = await seal(
    new Blob([code]),
    { name: 'key.pem', type: 'application/x-pem-file' },
    { password: 'x' },
  );
  const bytes = new Uint8Array(await new Response(sealedFile.stream).arrayBuffer());
  const kept = {
    code: await put('share-report.ts', 'text/x-typescript', code),
    markdown: await put('release.md', 'text/markdown', markdown),
    json: await put('status.json', 'application/json', json),
    image: await put('wings.png', 'image/png', picture),
    counted: await put('password.txt', 'text/plain', 'correct horse battery staple', 1),
    sealed: await put(undefined, 'application/vnd.mayfly.sealed', bytes),
  };
  const secret = `#${sealedFile.secret}`;
  const sealed = {
    ...kept.sealed,
    name: 'key.pem',
    type: 'application/x-pem-file',
    url: kept.sealed.url + secret,
    sealed: true,
  };
  const gone = {
    ...kept.code,
    id: 'f'.repeat(32),
    name: 'yesterday.log',
    type: 'text/plain',
    expiresAt: Date.now() - 3_600_000,
  };
  const path = (paste: KeptPaste) => paste.url.slice(url.length);
  return {
    draft,
    files: [
      { name: 'wings.png', mimeType: 'image/png', buffer: Buffer.from(picture) },
      { name: 'release.md', mimeType: 'text/markdown', buffer: Buffer.from(markdown) },
      { name: 'backup.tar.gz', mimeType: 'application/gzip', buffer: Buffer.alloc(12_000_000) },
    ],
    code: path(kept.code),
    markdown: path(kept.markdown),
    json: path(kept.json),
    image: path(kept.image),
    counted: path(kept.counted),
    sealed: path(sealed),
    pastes: [sealed, kept.counted, kept.image, kept.markdown, kept.json, gone],
    bucket: 'build-artifacts',
  };
}

/** Creates an account with some content and a plan with limits. @returns its API key */
export async function exampleAccount(
  { url, dataDir }: MayflyProcess,
  bucket: string,
  receiver: string,
): Promise<string> {
  const named = ['--kind', 'storage', '--account', 'ada', '--name', 'laptop', '--plan', 'small'];
  await mayflyOutput(dataDir, ['plans', 'set', 'small', '--storage', '8MiB']);
  const key = await mayflyOutput(dataDir, ['keys', 'create', ...named]);
  const { buckets, objects, keys, webhooks } = createClient({ url, key });
  await buckets.create(bucket, { defaultTtlSeconds: 14 * 86_400 });
  await buckets.create('photos', { public: true });
  await webhooks.create(receiver, ['object.created', 'object.deleted']);
  await keys.create('continuous integration');
  const sizes = {
    'coverage/index.html': 200_000,
    'coverage/style.css': 9000,
    'mayfly-2.0.1.tar.gz': 2_400_000,
  };
  for (const [name, size] of Object.entries({ ...sizes, 'checksums.txt': 512 }))
    await objects.put(bucket, name, new Blob([new Uint8Array(size)]), { type: typeOf(name) });
  for (let read = 0; read < 3; read += 1) {
    const { stream } = await objects.get(bucket, 'mayfly-2.0.1.tar.gz');
    await new Response(stream).arrayBuffer();
  }
  return key;
}

function typeOf(name: string): string {
  const types = { html: 'text/html', css: 'text/css', gz: 'application/gzip', txt: 'text/plain' };
  return types[name.split('.').at(-1) as keyof typeof types];
}

/** A PNG image of soft waves: truecolour, without filters, in one chunk. */
function pngOf(width: number, height: number): Uint8Array<ArrayBuffer> {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const wave = Math.sin(x / 90 + Math.sin(y / 60)) + Math.cos(y / 80);
      const step = Math.floor((wave + 2) * 2.5);
      rows.set([20 + step * 14, 90 + step * 13, 100 + step * 10], y * (1 + width * 3) + 1 + x * 3);
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]));
}

function chunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(Bun.hash.crc32(named));
  return Buffer.concat([length, named, sum]);
}
