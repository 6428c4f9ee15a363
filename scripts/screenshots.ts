// npm run screenshots: takes screenshots of every page, light and dark and some on a phone, into docs/screenshots. It
// starts its own server with example content, and needs Debian's Chromium.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { openPage } from '../test/support/browser.ts';
import { startMayfly } from '../test/support/mayfly-process.ts';
import { checkout } from '../test/support/parts.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { startWebhookReceiver } from '../test/support/webhook-receiver.ts';
import { type ExampleContent, exampleAccount, exampleContent } from './screenshot-content.ts';

type Shot = {
  name: string;
  path: string;
  /** The browser's storage when the page is opened. */
  storage?: { local?: Record<string, string>; session?: Record<string, string> };
  /** Actions of the reader before the screenshot. */
  act?: (page: Page) => Promise<unknown>;
  onPhone?: boolean;
};

const looks: Record<string, BrowserContextOptions> = {
  light: { colorScheme: 'light', viewport: { width: 1100, height: 760 } },
  dark: { colorScheme: 'dark', viewport: { width: 1100, height: 760 } },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
};
/** The maximum size of a screenshot in a document (bytes). */
const maxSize = 150_000;
const folder = join(checkout, 'docs', 'screenshots');

function shotsOf(content: ExampleContent, key: string, claimPath: string): Shot[] {
  const { code, markdown, json, image, counted, sealed, pastes } = content;
  const local = { 'mayfly.pastes': JSON.stringify(pastes) };
  const session = { 'mayfly.key': key };
  const account = (name: string, fragment: string, ready: string): Shot => ({
    name: `account-${name}`,
    path: `/account${fragment}`,
    storage: { session },
    act: (page) => page.getByText(ready).first().waitFor(),
    onPhone: name === 'overview',
  });
  return [
    {
      name: 'compose',
      path: '/',
      act: (page) => page.fill('#text', content.draft),
      onPhone: true,
    },
    {
      name: 'shared',
      path: '/',
      act: async (page) => {
        await page.fill('#text', content.draft);
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector('input.link');
      },
      onPhone: true,
    },
    { name: 'files', path: '/', act: (page) => page.setInputFiles('input[type=file]', content.files) },
    { name: 'code', path: code, onPhone: true },
    { name: 'markdown', path: markdown },
    { name: 'json', path: json },
    { name: 'image', path: image },
    { name: 'counted', path: counted },
    { name: 'encrypted', path: sealed },
    { name: 'not-found', path: `/p/${'0'.repeat(32)}` },
    { name: 'pastes', path: '/pastes', storage: { local }, onPhone: true },
    { name: 'account', path: '/account' },
    account('overview', '', 'Plan:'),
    account('objects', `#buckets/${content.bucket}`, 'Upload files'),
    account('keys', '#keys', 'in use on this page'),
    account('webhooks', '#webhooks', 'object.created'),
    { name: 'claim', path: claimPath },
    { name: 'error-code', path: '/docs/errors/precondition_failed' },
  ];
}

async function take(url: string, { name, path, storage = {}, act }: Shot, look: string): Promise<void> {
  const { page, context } = await openPage({ ...looks[look], deviceScaleFactor: 1, locale: 'en' });
  await context.addInitScript(({ local = {}, session = {} }) => {
    for (const [key, value] of Object.entries(local)) localStorage.setItem(key, value);
    for (const [key, value] of Object.entries(session)) sessionStorage.setItem(key, value);
  }, storage);
  await page.goto(`${url}${path}`, { waitUntil: 'networkidle' });
  await act?.(page);
  // A blinking caret would make each screenshot different.
  const file = join(folder, `${name}-${look}.png`);
  await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
  await context.close();
  const { size } = statSync(file);
  console.log(`${name}-${look}.png ${Math.round(size / 1000)} kB${size > maxSize ? ', too large' : ''}`);
}

const receiver = await startWebhookReceiver(() => '');
const mayfly = await startMayfly({ env: { WEBHOOK_ALLOW_PRIVATE: 'true' } });
const content = await exampleContent(mayfly.url);
const key = await exampleAccount(mayfly, content.bucket, receiver.url);
const guest = await fetch(`${mayfly.url}/api/v1/auth/guest`, { method: 'POST' });
const { claim_url } = (await guest.json()) as { claim_url: string };
await waitFor('the webhook to be called', () => receiver.calls.length > 0);

const [wanted] = process.argv.slice(2);
if (wanted === undefined) rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const shot of shotsOf(content, key, claim_url.slice(mayfly.url.length)))
  for (const look of ['light', 'dark', ...(shot.onPhone ? ['phone'] : [])])
    if (wanted === undefined || shot.name === wanted) await take(mayfly.url, shot, look);

await mayfly.stop();
await receiver.stop();
process.exit(0);
