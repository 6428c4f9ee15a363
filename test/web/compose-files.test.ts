import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { violations } from '../support/accessibility.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { drop, fileOf, idIn, limitUploads, openComposePage, sparseFile } from './compose-page.ts';

const mebibyte = 1024 * 1024;

await suiteWith(['chromium'], 'sharing files on the page', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly({ env: { MAX_ANONYMOUS_SIZE: '201MiB' } });
  });
  afterAll(() => mayfly.stop());

  test('accepts dropped, pasted and chosen files, and folders, and gives each file a link', async () => {
    const { page, context, conduct, add, links } = await openComposePage(mayfly.url);
    const notes = fileOf('notes.txt', 'some notes');
    const inside = join(dirname(notes), 'folder', 'deeper');
    mkdirSync(inside, { recursive: true });
    fileOf('folder/one.py', 'print(1)\n');
    fileOf('folder/deeper/größe & co.ts', 'let a = 1;\n');
    await drop(page, notes, join(dirname(notes), 'folder'));
    await page.waitForSelector('.chosen li:nth-child(3)');
    await page.evaluate(() => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(['not really a picture'], 'image.png', { type: 'image/png' }));
      dispatchEvent(new ClipboardEvent('paste', { clipboardData, cancelable: true }));
    });
    await add(fileOf('unwanted.txt', 'no'));
    await page.click('button[aria-label="Remove unwanted.txt"]');
    await page.waitForSelector('.chosen li:nth-child(4)');
    const shown = await page.locator('.chosen .name').allTextContents();
    expect(shown.toSorted()).toEqual([
      'folder/deeper/größe & co.ts',
      'folder/one.py',
      'image.png',
      'notes.txt',
    ]);
    expect(await violations(page)).toEqual([]);
    await page.click('button.share');
    const made = await links(4);
    expect(await page.locator('.all-links textarea').inputValue()).toBe(made.join('\n'));
    expect(await violations(page)).toEqual([]);
    const kept: { id: string; name: string; type: string }[] = await page.evaluate(() =>
      JSON.parse(localStorage.getItem('mayfly.pastes') ?? '[]'),
    );
    expect(kept.map(({ id }) => id).toSorted()).toEqual(made.map(idIn).toSorted());
    const script = kept.find(({ name }) => name === 'größe & co.ts');
    expect(script?.type).toBe('text/x-typescript');
    const raw = await fetch(`${mayfly.url}/raw/${script?.id}`);
    expect(await raw.text()).toBe('let a = 1;\n');
    expect(decodeURIComponent(raw.headers.get('content-disposition') ?? '')).toContain('größe & co.ts');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('shows the progress of 200 MiB, can be cancelled and retried, and rejects one byte more immediately', async () => {
    const { page, context, conduct, links } = await openComposePage(mayfly.url);
    await drop(page, sparseFile('too-large.bin', 202 * mebibyte));
    await page.waitForSelector('.chosen li');
    await page.click('button.share');
    expect(await page.locator('.problem').textContent()).toContain('too-large.bin is too large');
    await page.click('button[aria-label="Remove too-large.bin"]');

    await drop(page, sparseFile('large.bin', 200 * mebibyte));
    await page.waitForSelector('.chosen li:has-text("large.bin")');
    await limitUploads(page, 30 * mebibyte);
    await page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(window, { seen });
      const look = () => {
        const value = document.querySelector<HTMLProgressElement>('progress')?.value ?? 0;
        if (value > (seen.at(-1) ?? 0)) seen.push(value);
      };
      new MutationObserver(look).observe(document, { subtree: true, attributes: true, childList: true });
    });
    await page.click('button.share');
    await page.waitForSelector('.details:has-text("left")');
    // Slow enough for the checks that follow.
    await limitUploads(page, mebibyte);
    expect(await page.locator('.upload .hint').textContent()).toMatch(
      /\d%.*MiB of 200 MiB · .*\/s · .* left/s,
    );
    expect(await violations(page)).toEqual([]);
    await page.click('button:has-text("Cancel")');
    await page.waitForSelector('.upload:has-text("Cancelled")');
    const seen = await page.evaluate(() => (window as unknown as { seen: number[] }).seen);
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.at(-1)).toBeLessThan(200 * mebibyte);
    await limitUploads(page, -1);
    await page.click('button:has-text("Try again")');
    const [link] = await links(1);
    const raw = await fetch(`${mayfly.url}/raw/${idIn(link)}`, { method: 'HEAD' });
    expect(raw.headers.get('content-length')).toBe(String(200 * mebibyte));
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });
});
