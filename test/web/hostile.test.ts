import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { hostile } from './hostile-payloads.ts';
import { share, shareSealed } from './view-payloads.ts';

setDefaultTimeout(60_000);

/** No content may block the page for longer (milliseconds). */
const maxTaskMs = 1000;

/** Measures the CPU time of the tasks on a page's main thread, which other processes do not affect. */
async function startMeasuring(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    events.push(...(value as unknown as TraceEvent[]));
  });
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', '__metadata'], excludedCategories: ['*'] },
  });
  return async () => {
    // A task is recorded when it ends, which may be after its result has arrived here. It ends before the next begins.
    await page.evaluate(() => undefined);
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    const mainThreads = new Set(
      events
        .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
        .map(({ pid, tid }) => `${pid}/${tid}`),
    );
    const tasks = events.filter(({ pid, tid, tdur }) => tdur && mainThreads.has(`${pid}/${tid}`));
    return Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
  };
}

type TraceEvent = { name: string; pid: number; tid: number; tdur?: number; args?: { name?: string } };

/** Two texts with more lines than the server puts into the page, and one that the page contains completely. */
const withManyLines = {
  '1,000,000 lines': '\n'.repeat(1_000_000),
  '500,000 lines of a letter': 'a\n'.repeat(500_000),
  '59,999 lines of a word': 'word\n'.repeat(59_998),
};

/** The selector of a complete page: its rendered view, or its source with a notice. */
const shown = [
  '.tree',
  '.view .table td',
  '.markdown > *',
  '.code-line code',
  '.notice-line',
  '.picture img',
].join(', ');

await suiteWith(['chromium'], 'content that is meant to block a browser', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  test('is measured: a task that keeps the page busy is seen', async () => {
    const { page, context } = await openPage();
    const measured = await startMeasuring(page);
    await page.evaluate(() => {
      let sum = 0;
      for (let at = 0; at < 2e8; at += 1) sum += at % 7;
      return sum;
    });
    expect(await measured()).toBeGreaterThan(50);
    await context.close();
  });

  async function open(url: string): Promise<number> {
    const { page, context, conduct } = await openPage();
    const measured = await startMeasuring(page);
    await page.goto(url);
    await page.waitForSelector(shown, { timeout: 30_000 });
    // The next frames fill distant blocks, and insert the results of workers.
    await page.evaluate(async () => {
      for (let frame = 0; frame < 30; frame += 1) await new Promise((next) => requestAnimationFrame(next));
    });
    const task = await measured();
    const text = await page.$eval('.viewer', (viewer) => (viewer as HTMLElement).textContent ?? '');
    expect(text.trim()).not.toBe('');
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
    return task;
  }

  for (const [name, make] of Object.entries(hostile))
    test(`is shown, or its source is, without a long task: ${name}`, async () => {
      const url = await share(mayfly, make());
      const task = await open(url);
      console.info(`${name}: ${Math.round(task)} ms`);
      expect(task).toBeLessThan(maxTaskMs);
    });

  for (const [name, content] of Object.entries(withManyLines))
    test(`is laid out without a long task before its styles arrive: ${name}`, async () => {
      const url = await share(mayfly, { type: 'text/plain', content });
      const { page, context } = await openPage();
      const { promise: styles, resolve: sendStyles } = Promise.withResolvers<void>();
      await page.route('**/*.css', async (route) => {
        await styles;
        await route.continue();
      });
      const measured = await startMeasuring(page);
      await page.goto(url, { waitUntil: 'commit' });
      await page.waitForFunction(() => document.querySelector('footer') !== null);
      const height = await page.evaluate(() => document.body.getBoundingClientRect().height);
      expect(height).toBeGreaterThan(0);
      expect(await measured()).toBeLessThan(maxTaskMs);
      sendStyles();
      await page.waitForSelector(shown, { timeout: 30_000 });
      await context.close();
    });

  test('is shown without a long task if it is encrypted, too', async () => {
    const { url, secret } = await shareSealed(mayfly, {
      type: 'text/markdown',
      content: '> '.repeat(20_000),
    });
    expect(await open(`${url}#${secret}`)).toBeLessThan(maxTaskMs);
  });
});
