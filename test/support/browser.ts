import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { endWithRun } from './end-with-run.ts';
import { partPath } from './parts.ts';

/** What a page did that pages of Mayfly must not do. */
type Conduct = {
  /** Uncaught errors, and errors on the console, such as violations of the CSP. */
  errors: string[];
  /** Requests to other hosts than the page's own. */
  elsewhere: string[];
};

export type OpenPage = { page: Page; context: BrowserContext; conduct: Conduct };

// Without these, Chromium calls hosts of its vendor, and as root it does not start at all.
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let running: Promise<Browser> | undefined;

/** Debian's Chromium, one for the whole run; every test opens its own contexts in it. */
export function browser(): Promise<Browser> {
  running ??= partPath('chromium').then(async (executablePath) => {
    // In the locale of an empty environment, it cannot read file names that are not ASCII.
    const env = { ...process.env, LANG: 'C.UTF-8' };
    const server = await chromium.launchServer({ executablePath, args: flags, env });
    endWithRun(() => server.process().kill('SIGKILL'));
    return chromium.connect(server.wsEndpoint());
  });
  return running;
}

/** A page in a new context: another visitor, with a separate storage. */
export async function openPage(options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await (await browser()).newContext(options);
  const page = await context.newPage();
  // Playwright handles file choosers of the browser only while there is a listener, and requests that without
  // waiting. Under load, the click of a test that adds the listener at the same time may come first.
  page.on('filechooser', () => undefined);
  return { page, context, conduct: watchConduct(page) };
}

/** Records from now on what the page must not do. */
export function watchConduct(page: Page): Conduct {
  const conduct: Conduct = { errors: [], elsewhere: [] };
  page.on('pageerror', (error) => conduct.errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') conduct.errors.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    const isOwn =
      !protocol.startsWith('http') || host === new URL(page.url()).host || page.url() === 'about:blank';
    if (!isOwn) conduct.elsewhere.push(request.url());
  });
  return conduct;
}
