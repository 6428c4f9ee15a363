import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFile } from 'node:child_process';
import { rmSync, utimesSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { shareCommand } from '../../src/web/compose/commands.ts';
import { isKeptPaste } from '../../src/web/kept/pastes.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { drop, fileOf, idIn, limitUploads, openComposePage, sparseFile } from './compose-page.ts';

const mebibyte = 1024 * 1024;

await suiteWith(['chromium'], 'the page that shares, in unusual situations', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  test('says immediately that a file that was changed or deleted cannot be read', async () => {
    const { page, context } = await openComposePage(mayfly.url);
    const paths = [fileOf('gone.txt', 'here'), fileOf('changed.txt', 'before'), fileOf('same.txt', 'same')];
    await drop(page, ...paths);
    await page.waitForSelector('.chosen li:nth-child(3)');
    rmSync(paths[0] ?? '');
    // Browsers compare modification times in whole seconds.
    utimesSync(fileOf('changed.txt', 'after'), new Date(0), new Date(0));
    await page.click('button.share');
    await page.waitForFunction(() => document.querySelectorAll('.upload .problem').length === 2);
    for (const text of await page.locator('.upload .problem').allTextContents())
      expect(text).toBe('The file can no longer be read. If it was changed or moved, add it again.');
    await page.waitForSelector('.result h2:has-text("same.txt")');
    expect(await page.locator('.result').count()).toBe(1);
    await context.close();
  });

  test('says that nothing was shared if all uploads failed, and adds a file only once', async () => {
    const { page, context, conduct, add } = await openComposePage(mayfly.url);
    const path = fileOf('twice.txt', 'twice');
    await add(path);
    await add(path);
    expect(await page.locator('.chosen li').count()).toBe(1);
    await page.route('**/*wice.txt', (route) =>
      route.fulfill({
        status: 400,
        body: '{"error": "no"}',
        headers: { 'content-type': 'application/json' },
      }),
    );
    await page.click('button.share');
    await page.waitForSelector('h1:has-text("Not shared")');
    expect(conduct.errors.filter((error) => !error.includes('400'))).toEqual([]);
    await context.close();
  });

  test('shares many files, and announces them together', async () => {
    const { page, context, conduct, links } = await openComposePage(mayfly.url);
    const [count, mimeType] = [60, 'text/plain'];
    const files = Array.from({ length: count }, (_, at) => ({
      name: `${at}.txt`,
      mimeType,
      buffer: Buffer.from(String(at)),
    }));
    await page.locator('input[type=file]').first().setInputFiles(files);
    await page.click('button.share');
    const made = await links(count);
    await page.waitForSelector('p[role=status]:has-text("60 pastes are shared.")');
    expect((await page.inputValue('.all-links textarea')).split('\n')).toEqual(made);
    expect(await page.evaluate(() => JSON.parse(localStorage.getItem('mayfly.pastes') ?? '').length)).toBe(
      count,
    );
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('has the text when the user goes back to it', async () => {
    const { page, context } = await openComposePage(mayfly.url);
    await page.fill('#text', 'half of a thought');
    await page.selectOption('select[name=ttl]', '3600');
    await page.goto(`${mayfly.url}/pastes`);
    await page.goBack();
    await page.waitForSelector('.add-files');
    expect(await page.inputValue('#text')).toBe('half of a thought');
    await page.click('button.share');
    await page.waitForSelector('.result');
    expect(await page.locator('.result pre').textContent()).toContain('X-TTL: 1h');
    await context.close();
  });

  test('works with any data in the storage of the browser', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const state = { uploadId: 'u', idempotencyKey: 'i', partSize: 5, size: 9, expiresAt };
    const file = { name: 'x', size: 9, lastModified: 1 };
    const { page, context, conduct } = await openComposePage(mayfly.url);
    for (const uploads of [
      'no JSON',
      '{"a": 1}',
      [null, 1, []],
      [{ state: { ...state, parts: [null] }, file }],
      [{ state: { ...state, parts: [{ etag: 5 }] }, file }],
      [{ state: { ...state, size: undefined, parts: [{}] }, file }],
      [{ state: { ...state, partSize: -1, parts: [{}] }, file }],
    ]) {
      const text = typeof uploads === 'string' ? uploads : JSON.stringify(uploads);
      await page.evaluate((value) => localStorage.setItem('mayfly.uploads', value), text);
      await page.reload();
      await page.waitForSelector('.add-files');
      expect(await page.locator('.unfinished').count()).toBe(0);
    }
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('does not resume an upload that another tab is sending', async () => {
    const { page, context, conduct, links } = await openComposePage(mayfly.url);
    const path = sparseFile('shared.bin', 12 * mebibyte);
    await drop(page, path);
    await page.waitForSelector('.chosen li');
    await limitUploads(page, 4 * mebibyte);
    await page.click('button.share');
    await page.waitForFunction(() => localStorage.getItem('mayfly.uploads')?.includes('"etag"'));
    const other = await context.newPage();
    await other.goto(mayfly.url);
    await other.waitForSelector('.add-files');
    await drop(other, path);
    await other.waitForSelector('.chosen li');
    await other.click('button.share');
    await other.waitForSelector('input.link');
    expect(await other.locator('.unfinished').count()).toBe(0);
    await limitUploads(page, -1);
    const [link] = await links(1);
    expect(idIn(link)).not.toBe(idIn(await other.inputValue('input.link')));
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('says why it does not encrypt over plain HTTP, and shares and copies there too', async () => {
    const { page, context } = await openPage({ viewport: { width: 320, height: 640 }, locale: 'de' });
    // Browsers do not treat this name as a secure context, as they treat localhost.
    await page.route('http://mayfly.example/**', async (route) => {
      const url = route.request().url().replace('http://mayfly.example', mayfly.url);
      await route.fulfill({ response: await route.fetch({ url }) });
    });
    await page.goto('http://mayfly.example/');
    await page.waitForSelector('.add-files');
    expect(await page.evaluate(() => [isSecureContext, typeof crypto.subtle])).toEqual([false, 'undefined']);
    expect(await page.locator('.encryption').textContent()).toBe('Verschlüsseln geht nur über HTTPS.');
    expect(await page.locator('.encryption input').isDisabled()).toBe(true);
    await page.fill('#text', 'öffentlich');
    await page.click('button.share');
    await page.click('.link-line button');
    await page.waitForSelector('.link-line button:has-text("Kopiert")');
    // Nothing is wider than a small window, or a large one at 400 %.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    await context.close();
  });
});

await suiteWith(['curl'], 'the shell command beside a link', () => {
  test('shares files with any names', async () => {
    const mayfly = await startMayfly();
    const terms = { ttl: 3600, maxReads: 2, isEncrypted: false, password: '', key: '' };
    for (const name of ["it's $(odd) [1-3]{a,b}.txt", '-o.txt', '- \u{1F600} "x".txt', 'plain.txt']) {
      const path = fileOf(name, name);
      const item = { content: new Blob([name]), name, path: name, type: undefined };
      const line = shareCommand(item, terms, mayfly.url);
      const { stdout } = await promisify(execFile)('sh', ['-c', `${line} -sS`], { cwd: dirname(path) });
      const raw = await fetch(`${mayfly.url}/raw/${idIn(stdout)}`);
      expect(await raw.text()).toBe(basename(path));
      expect(decodeURIComponent(raw.headers.get('content-disposition') ?? '')).toContain(name.slice(-5));
    }
    await mayfly.stop();
  });

  test('an invalid entry is not accepted as a stored paste', () => {
    const paste = {
      ...{ id: '0'.repeat(32), url: 'https://example.org/p/0', name: null, type: 'text/plain', size: 1 },
      ...{ createdAt: 1, expiresAt: 2, maxReads: null, deleteToken: 't', sealed: false },
    };
    expect(isKeptPaste(paste)).toBe(true);
    for (const change of [
      ...[{ url: 'javascript:alert(1)' }, { url: ' https://x' }, { id: '../x' }, { name: 5 }, { type: null }],
      ...[{ expiresAt: 1e300 }, { createdAt: -8.7e15 }, { size: 0.5 }, { maxReads: '1' }, { sealed: 1 }],
    ])
      expect([change, isKeptPaste({ ...paste, ...change })]).toEqual([change, false]);
  });
});
