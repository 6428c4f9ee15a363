import { describe, expect, test } from 'bun:test';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { waitFor } from '../support/wait-for.ts';
import { bytesOf, textOf } from './content.ts';
import { post, put, readRaw, statusOf } from './requests.ts';
import { readStored } from './stored.ts';
import { sweepUntilNothingWaits } from './sweep-command.ts';

const readers = 200;
const blobLength = 200 * 1024;
const slackbot = 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)';

/** The results of 200 concurrent readers: the bodies of the 200s, and the number of each status. */
async function readAtOnce(address: string) {
  const answers = await Promise.all(
    Array.from({ length: readers }, async () => {
      const response = await fetch(address);
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    }),
  );
  const bodies = answers.filter(({ status }) => status === 200).map(({ body }) => body);
  return { bodies, notFound: answers.filter(({ status }) => status === 404).length };
}

for (const [kind, length] of [
  ['inline', 1000],
  ['a blob', blobLength],
] as const) {
  describe(`a counted payload, ${kind}`, () => {
    test('with one read left, exactly one of two hundred readers gets it', async () => {
      const mayfly = await startMayfly({ clockless: true });
      for (let round = 0; round < 3; round += 1) {
        const content = textOf(`${kind} ${round}`, length);
        const rawId = await put(mayfly.url, Buffer.from(content), '?max_reads=1');
        const raw = await readAtOnce(`${mayfly.url}/raw/${rawId}`);
        expect(raw.bodies.map(String)).toEqual([content]);
        expect(raw.notFound).toBe(readers - 1);

        const id = await post(mayfly.url, { content, max_reads: 1 });
        const json = await readAtOnce(`${mayfly.url}/api/v1/payloads/${id}`);
        expect(json.bodies.map((body) => JSON.parse(String(body)))).toEqual([
          expect.objectContaining({ content, reads_left: 0 }),
        ]);
        expect(json.notFound).toBe(readers - 1);
      }
      await expectNothingLeft(mayfly);
    });

    test('exactly as many of two hundred readers get it as there are reads', async () => {
      const mayfly = await startMayfly({ clockless: true });
      const content = textOf(kind, length);
      const id = await post(mayfly.url, { content, max_reads: 7 });
      const { bodies, notFound } = await readAtOnce(`${mayfly.url}/raw/${id}`);
      expect(bodies.map(String)).toEqual(Array(7).fill(content));
      expect(notFound).toBe(readers - 7);
      await expectNothingLeft(mayfly);
    });

    test('HEAD and link previews consume no read', async () => {
      const mayfly = await startMayfly({ clockless: true });
      const content = textOf(kind, length);
      const id = await post(mayfly.url, { content, max_reads: 1 });
      const json = `${mayfly.url}/api/v1/payloads/${id}`;
      for (const address of [json, `${mayfly.url}/raw/${id}`, `${mayfly.url}/p/${id}`])
        expect(await statusOf(address, { method: 'HEAD' })).toBe(200);
      for (const accept of ['*/*', 'text/html', 'text/html,application/xhtml+xml,image/*;q=0.9']) {
        const preview = await fetch(`${mayfly.url}/p/${id}`, {
          headers: { 'user-agent': slackbot, accept, range: 'bytes=0-32768' },
        });
        expect(preview.status).toBe(200);
        expect(await preview.text()).not.toContain(content.slice(0, 50));
        expect(preview.headers.get('cache-control')).toContain('no-store');
      }
      expect(await (await fetch(json)).json()).toMatchObject({ content, reads_left: 0 });
      expect(await statusOf(json)).toBe(404);
      await mayfly.stop();
    });
  });
}

async function expectNothingLeft(mayfly: MayflyProcess): Promise<void> {
  await sweepUntilNothingWaits(mayfly.dataDir);
  const { ids, files } = readStored(mayfly.dataDir);
  expect({ ids, files }).toEqual({ ids: [], files: [] });
  await mayfly.stop();
}

await suiteWith(['versitygw'], 'counted reads with S3', () => {
  test('with one read left, exactly one of two hundred readers gets it', async () => {
    const s3 = await startS3();
    const mayfly = await startMayfly({ clockless: true, env: s3.env });
    const content = textOf('s3', blobLength);
    const id = await post(mayfly.url, { content, max_reads: 1 });
    const { bodies, notFound } = await readAtOnce(`${mayfly.url}/raw/${id}`);
    expect(bodies.map(String)).toEqual([content]);
    expect(notFound).toBe(readers - 1);
    await sweepUntilNothingWaits(mayfly.dataDir, s3.env);
    expect(await s3.listKeys()).toEqual([]);
    await mayfly.stop();
    await s3.stop();
  });

  test('an unavailable store consumes no read', async () => {
    const s3 = await startS3();
    const mayfly = await startMayfly({ clockless: true, env: s3.env });
    const bytes = bytesOf('burn', blobLength);
    const id = await put(mayfly.url, bytes, '?max_reads=1');
    await s3.stop();
    const away = await fetch(`${mayfly.url}/raw/${id}`);
    expect(away.status).toBe(503);
    expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await away.json()).toEqual({ error: expect.any(String) });
    await s3.restart();
    const read = await waitFor('S3 to be back', () => readRaw(mayfly.url, id));
    expect(read.equals(bytes)).toBe(true);
    expect(await statusOf(`${mayfly.url}/raw/${id}`)).toBe(404);
    await mayfly.stop();
    await s3.stop();
  });
});
