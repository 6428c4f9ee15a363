import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { endWithRun } from './end-with-run.ts';
import { partPath } from './parts.ts';

/** What a page did that none of ours may do. */
type Conduct = {
  /** Errors that nobody caught, and what went to the console as one: violations of the CSP are among them. */
  errors: string[];
  /** Requests to any other host than the page's own. */
  elsewhere: string[];
};

export type OpenPage = { page: Page; context: BrowserContext; conduct: Conduct };

// Without these Chromium asks hosts of its own maker's, and as root it does not start at all.
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

/** Debian's Chromium, one for the whole run; every test opens contexts of its own in it. */
export function browser(): Promise<Browser> {
  running ??= partPath('chromium').then(async (executablePath) => {
    // In the locale of a bare environment it cannot read file names that are not ASCII.
    const env = { ...process.env, LANG: 'C.UTF-8' };
    const server = await chromium.launchServer({ executablePath, args: flags, env });
    endWithRun(() => server.process().kill('SIGKILL'));
    return chromium.connect(server.wsEndpoint());
  });
  return running;
}

/** A page in a context of its own: another visitor, with a storage of their own. */
export async function openPage(options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await (await browser()).newContext(options);
  const page = await context.newPage();
  // Playwright takes choosers of files from the browser only while somebody listens, and asks for that without
  // waiting: under load the click of a test that begins to listen with it may be the faster of the two.
  page.on('filechooser', () => undefined);
  return { page, context, conduct: watchConduct(page) };
}

/** Notes from now on what the page should not do. */
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
