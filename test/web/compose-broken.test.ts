import { expect, test } from 'bun:test';
import { createHash, randomBytes } from 'node:crypto';
import { mayflyOutput } from '../support/mayfly-command.ts';
import { startMayfly } from '../support/mayfly-process.ts';
import { startProxy } from '../support/proxy.ts';
import { startS3 } from '../support/s3.ts';
import { suiteWith } from '../support/suite-with.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { drop, fileOf, idIn, limitUploads, openComposePage } from './compose-page.ts';

const mebibyte = 1024 * 1024;
const content = randomBytes(24 * mebibyte);
const hashOf = (bytes: Uint8Array | ArrayBuffer) =>
  createHash('sha256').update(new Uint8Array(bytes)).digest('hex');
const rawHash = async (url: string, link: string | undefined) =>
  hashOf(await (await fetch(`${url}/raw/${idIn(link)}`)).arrayBuffer());

await suiteWith(['chromium', 'versitygw'], 'a large upload from the page', () => {
  test('resumes after the connection breaks in the middle', async () => {
    const mayfly = await startMayfly();
    const proxy = await startProxy({ target: mayfly.port });
    const { page, context, links } = await openComposePage(proxy.url);
    await drop(page, fileOf('broken.bin', content));
    await page.waitForSelector('.chosen li');
    proxy.cutAfter(7 * mebibyte, 16 * mebibyte);
    await page.click('button.share');
    const [link] = await links(1);
    expect(proxy.cuts).toBe(2);
    // No complete part was sent again.
    expect(proxy.sent).toBeLessThan(2 * content.length);
    expect(await rawHash(mayfly.url, link)).toBe(hashOf(content));
    await context.close();
    proxy.stop();
    await mayfly.stop();
  });

  test('asks before the page is left, and resumes with the same file when the page is opened again', async () => {
    const mayfly = await startMayfly();
    const { page, context, conduct, links } = await openComposePage(mayfly.url);
    const path = fileOf('left.bin', content);
    await drop(page, path);
    await page.waitForSelector('.chosen li');
    await page.selectOption('select[name=max_reads]', '2');
    await limitUploads(page, 5 * mebibyte);
    await page.click('button.share');
    const partsKept = () =>
      page.evaluate(() => {
        const [upload] = JSON.parse(localStorage.getItem('mayfly.uploads') ?? '[]');
        return (upload?.state.parts ?? []).filter(({ etag }: { etag?: string }) => etag).length as number;
      });
    await page.waitForFunction(() => localStorage.getItem('mayfly.uploads')?.includes('"etag"'));
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.type());
      return dialog.accept();
    });
    await page.reload();
    expect(dialogs).toEqual(['beforeunload']);
    await page.waitForSelector('.unfinished:has-text("left.bin")');
    const before = await partsKept();
    expect(before).toBeGreaterThan(0);
    const puts: string[] = [];
    page.on('request', (request) => request.method() === 'PUT' && puts.push(request.url()));
    await limitUploads(page, -1);
    await drop(page, path);
    await page.waitForSelector('.chosen li');
    await page.waitForSelector('.chosen:has-text("resumes at")');
    await page.click('button.share');
    const [link] = await links(1);
    expect(puts.length).toBe(Math.ceil(content.length / (5 * mebibyte)) - before);
    expect(await page.evaluate(() => localStorage.getItem('mayfly.uploads'))).toBe('[]');
    // With the terms that it was created with.
    expect(await page.locator('.result .hint').textContent()).toContain('after 2 reads');
    expect(await rawHash(mayfly.url, link)).toBe(hashOf(content));
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
    await mayfly.stop();
  });

  test('starts over if the upload no longer exists on the server', async () => {
    const mayfly = await startMayfly();
    const { page, context, links } = await openComposePage(mayfly.url);
    const path = fileOf('gone.bin', content.subarray(0, 11 * mebibyte));
    await drop(page, path);
    await page.waitForSelector('.chosen li');
    await limitUploads(page, 5 * mebibyte);
    await page.click('button.share');
    await page.waitForFunction(() => localStorage.getItem('mayfly.uploads')?.includes('"etag"'));
    page.on('dialog', (dialog) => dialog.accept());
    await page.reload();
    const [{ state }] = await page.evaluate(() => JSON.parse(localStorage.getItem('mayfly.uploads') ?? '[]'));
    const address = `${mayfly.url}/api/v1/payloads/uploads/${state.uploadId}`;
    expect((await fetch(address, { method: 'DELETE' })).status).toBe(204);
    await limitUploads(page, -1);
    await drop(page, path);
    await page.waitForSelector('.chosen li');
    await page.click('button.share');
    const [link] = await links(1);
    expect(await rawHash(mayfly.url, link)).toBe(hashOf(content.subarray(0, 11 * mebibyte)));
    await context.close();
    await mayfly.stop();
  });

  test('goes directly to S3 if that is the storage, with a key', async () => {
    const s3 = await startS3();
    await mayflyOutput(temporaryDirectory('cors'), ['cors'], s3.env);
    const mayfly = await startMayfly({ env: { ...s3.env, ANONYMOUS_CREATE: 'false' } });
    const newKey = ['keys', 'create', '--kind', 'payload', '--account', 'acme'];
    const key = await mayflyOutput(mayfly.dataDir, newKey, s3.env);
    const { page, context, conduct, links } = await openComposePage(mayfly.url);
    const puts = new Set<string>();
    page.on('request', (request) => request.method() === 'PUT' && puts.add(new URL(request.url()).origin));
    await page.fill('input[name=key]', key);
    await drop(page, fileOf('stored.bin', content));
    await page.waitForSelector('.chosen li');
    await page.click('button.share');
    const [link] = await links(1);
    expect([...puts]).toEqual([new URL(s3.endpoint).origin]);
    expect(await rawHash(mayfly.url, link)).toBe(hashOf(content));
    await page.click('button.danger');
    await page.click('.question button.danger');
    await page.waitForSelector('.result [role=status]');
    expect((await fetch(`${mayfly.url}/raw/${idIn(link)}`)).status).toBe(404);
    expect(conduct.errors).toEqual([]);
    await context.close();
    await mayfly.stop();
    await s3.stop();
  });
});
