import { afterAll, beforeAll, expect, test } from 'bun:test';
import { usageOf } from '../api/file-server.ts';
import { violations } from '../support/accessibility.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { operatorOutput } from '../support/operator.ts';
import { suiteWith } from '../support/suite-with.ts';
import { fileOf, idIn, openComposePage } from './compose-page.ts';

await suiteWith(['chromium'], 'the page of a server that requires a key', () => {
  let mayfly: MayflyProcess;
  let key: string;
  beforeAll(async () => {
    mayfly = await startMayfly({ env: { ANONYMOUS_CREATE: 'false' } });
    key = await newKey('payload');
  });
  afterAll(() => mayfly.stop());

  const newKey = (kind: string) =>
    operatorOutput(mayfly.dataDir, ['keys', 'create', '--kind', kind, '--account', 'acme']);
  const kept = (page: Awaited<ReturnType<typeof openComposePage>>['page']) =>
    page.evaluate(() =>
      [sessionStorage, localStorage].map((storage) => storage.getItem('mayfly.payload-key')),
    );

  test('accepts payload keys only, and stores the key for the tab, never in a URL or a cookie', async () => {
    const { page, context, conduct, add, links } = await openComposePage(mayfly.url);
    await page.fill('#text', 'for the account');
    for (const wrong of ['', 'anything', await newKey('storage')]) {
      await page.fill('input[name=key]', wrong);
      await page.click('button.share');
      await page.waitForSelector('.problem:has-text("pl_live_")');
    }
    expect(await kept(page)).toEqual([null, null]);
    await page.fill('input[name=key]', 'pl_live_that_is_unknown');
    await page.click('button.share');
    await page.waitForSelector('text=The server did not accept the key');
    await page.click('button:has-text("Back to the form")');
    await page.fill('input[name=key]', key);
    expect(await violations(page)).toEqual([]);
    const before = (await usageOf(mayfly, key)).storedObjects;
    // A file of more than 8 MiB is uploaded in parts.
    await add(fileOf('large.bin', new Uint8Array(9 * 1024 * 1024)));
    await page.click('button.share');
    const [link] = await links(2);
    expect(await (await fetch(`${mayfly.url}/raw/${idIn(link)}`)).text()).toBe('for the account');
    expect((await usageOf(mayfly, key)).storedObjects).toBe(before + 2);
    expect(await kept(page)).toEqual([key, null]);
    expect(page.url()).toBe(`${mayfly.url}/`);
    expect(JSON.stringify(await context.cookies())).not.toContain(key);
    expect(await page.content()).not.toContain(key);
    await page.reload();
    expect(await page.inputValue('input[name=key]')).toBe(key);
    expect(conduct.elsewhere).toEqual([]);
    await context.close();
  });

  test('stores the key for longer if that is ticked, and removes it if it is unticked', async () => {
    const { page, context, links } = await openComposePage(mayfly.url);
    const share = async () => {
      await page.fill('#text', 'again');
      await page.click('button.share');
      await links(1);
    };
    await page.fill('input[name=key]', key);
    await page.check('.creation-key input[type=checkbox]');
    await share();
    expect(await kept(page)).toEqual([key, key]);
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    await page.waitForFunction(
      (wanted) => document.querySelector<HTMLInputElement>('input[name=key]')?.value === wanted,
      key,
    );
    await page.uncheck('.creation-key input[type=checkbox]');
    await share();
    expect(await kept(page)).toEqual([key, null]);
    await context.close();
  });
});

await suiteWith(['chromium'], 'the page of a server that requires no key', () => {
  test('has no field for a key', async () => {
    const mayfly = await startMayfly();
    const { page, context } = await openComposePage(mayfly.url);
    expect(await page.locator('input[name=key]').count()).toBe(0);
    await context.close();
    await mayfly.stop();
  });
});
