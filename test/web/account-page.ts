import type { Page } from 'playwright-core';
import { createClient } from '../../src/client/index.ts';
import type { MayflyProcess } from '../support/mayfly-process.ts';
import { operatorOutput } from '../support/operator.ts';

/** A key of a new account, and a client with it. */
export async function storageAccount({ url, dataDir }: MayflyProcess, plan = 'unlimited') {
  const account = `account-${crypto.randomUUID().slice(0, 8)}`;
  const named = ['--kind', 'storage', '--account', account, '--plan', plan];
  const key = await operatorOutput(dataDir, ['keys', 'create', ...named]);
  return { account, key, client: createClient({ url, key }) };
}

/** Opens the account page, and enters a key. */
export async function openAccount(page: Page, url: string, key: string): Promise<void> {
  await page.goto(`${url}/account`);
  await page.fill('input[name=key]', key);
  await page.keyboard.press('Enter');
}

/** Presses Tab until the element with this name has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const maxStops = 60;
  for (let stop = 0; stop < maxStops; stop += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const { activeElement: element } = document;
      const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : undefined;
      return (element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? '').trim();
    });
    if (focused === name) return;
  }
  throw new Error(`no stop of the Tab key is called ${name}`);
}
