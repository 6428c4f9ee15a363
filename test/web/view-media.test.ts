import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { violations } from '../support/accessibility.ts';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { onePixel, pdfOf, share, shareSealed, toneWav } from './view-payloads.ts';

const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20" fill="teal"/></svg>';

/** Resolves to the width of the image when it is loaded. */
async function pictureWidth(page: Page): Promise<number> {
  await page.waitForFunction(
    () => (document.querySelector<HTMLImageElement>('.picture img')?.naturalWidth ?? 0) > 0,
  );
  return page.$eval('.picture img', (image) => (image as HTMLImageElement).naturalWidth);
}

/** A video that the browser records: some frames of a canvas, in WebM. */
async function recordVideo(page: Page): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [64, 48];
    const drawing = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' });
    const ended = new Promise<Blob>((resolve) => {
      recorder.addEventListener('dataavailable', ({ data }) => resolve(data));
    });
    recorder.start();
    for (let at = 0; at < 10; at += 1) {
      drawing?.fillRect(at * 5, 0, 4, 48);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    recorder.stop();
    return [...new Uint8Array(await (await ended).arrayBuffer())];
  });
  return Uint8Array.from(bytes);
}

await suiteWith(['chromium'], 'the page of a payload that is not text', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  test('shows images, and SVG with its source', async () => {
    const { page, context, conduct } = await openPage();
    await page.goto(await share(mayfly, { name: 'a.png', type: 'image/png', content: onePixel }));
    expect(await pictureWidth(page)).toBe(1);
    expect(await page.getAttribute('.picture img', 'alt')).toBe('a.png');
    expect(await violations(page)).toEqual([]);
    await page.goto(await share(mayfly, { name: 'a.svg', type: 'image/svg+xml', content: svg }));
    expect(await pictureWidth(page)).toBe(40);
    await page.click('button.source');
    expect(await page.textContent('.code-line')).toContain('fill="teal"');
    const { url, secret } = await shareSealed(mayfly, {
      name: 'b.png',
      type: 'image/png',
      content: onePixel,
    });
    await page.goto(`${url}#${secret}`);
    expect(await pictureWidth(page)).toBe(1);
    expect(await violations(page)).toEqual([]);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('plays audio and video, from any position', async () => {
    const { page, context, conduct } = await openPage();
    await page.goto(await share(mayfly, { name: 'a.wav', type: 'audio/wav', content: toneWav() }));
    await page.waitForFunction(() => document.querySelector('audio')?.duration === 1);
    const seeked = await page.$eval('audio', async (audio) => {
      const sound = audio as HTMLAudioElement;
      sound.currentTime = 0.5;
      await new Promise((resolve) => sound.addEventListener('seeked', resolve, { once: true }));
      return sound.currentTime;
    });
    expect(seeked).toBe(0.5);
    expect(await violations(page)).toEqual([]);
    const video = await recordVideo(page);
    await page.goto(await share(mayfly, { name: 'a.webm', type: 'video/webm', content: video }));
    await page.waitForFunction(() => document.querySelector('video')?.videoWidth === 64);
    expect(await violations(page)).toEqual([]);
    const { url, secret } = await shareSealed(mayfly, { name: 'b.webm', type: 'video/webm', content: video });
    await page.goto(`${url}#${secret}`);
    await page.waitForFunction(() => document.querySelector('video')?.videoWidth === 64);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('draws the pages of a PDF when they come into view, with their text', async () => {
    const lines = Array.from({ length: 12 }, (_, at) => `This is page ${at + 1}`);
    const { page, context, conduct } = await openPage();
    await page.goto(await share(mayfly, { name: 'a.pdf', type: 'application/pdf', content: pdfOf(lines) }));
    await page.waitForSelector('.page[data-drawn=true]');
    expect(await page.locator('.page').count()).toBe(12);
    expect(await page.textContent('.textLayer')).toBe('This is page 1');
    const dark = await page.$eval('.page canvas', (element) => {
      const canvas = element as HTMLCanvasElement;
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {
        data: [],
      };
      return data.filter((value, at) => at % 4 === 0 && value < 100).length;
    });
    expect(dark).toBeGreaterThan(100);
    expect(await page.getAttribute('.page >> nth=11', 'data-drawn')).toBe('false');
    await page.locator('.page >> nth=11').scrollIntoViewIfNeeded();
    await page.waitForSelector('.page[data-drawn=true] .textLayer:has-text("This is page 12")');
    expect(await violations(page)).toEqual([]);
    const { url, secret } = await shareSealed(mayfly, {
      type: 'application/pdf',
      content: pdfOf(['Inside']),
    });
    await page.goto(`${url}#${secret}`);
    await page.waitForSelector('.textLayer:has-text("Inside")');
    await page.goto(await share(mayfly, { type: 'application/pdf', content: '%PDF-1.4\nand no more' }));
    await page.waitForSelector('.problem:has-text("cannot be shown here")');
    expect(await violations(page)).toEqual([]);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('shows the first bytes of other content, and offers the download', async () => {
    const content = Uint8Array.from({ length: 1000 }, (_, at) => at % 256);
    const { page, context, conduct } = await openPage({
      colorScheme: 'dark',
      viewport: { width: 360, height: 640 },
    });
    await page.goto(await share(mayfly, { name: 'a.bin', type: 'application/octet-stream', content }));
    await page.waitForSelector('.other pre');
    expect(await page.textContent('.other pre')).toStartWith('0000  00 01 02 03');
    expect(await page.textContent('.other pre')).toContain('0040  40 41 42 43');
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    const download = page.waitForEvent('download');
    await page.click('.download');
    expect((await download).suggestedFilename()).toBe('a.bin');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });
});
