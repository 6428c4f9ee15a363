import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { BrowserContext, Page } from 'playwright-core';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import {
  canaryPath,
  hostileCsv,
  hostileHtml,
  hostileJson,
  hostileMarkdown,
  hostileName,
  hostilePdf,
  hostileSealedName,
  hostileSvg,
  hostileTypes,
} from './canary-payloads.ts';
import { type Secret, share, shareSealed } from './view-payloads.ts';

/** Records what must never happen, in all pages and frames of a context. */
function watch(context: BrowserContext): { seen: string[]; fired(page: Page): Promise<string[]> } {
  const seen: string[] = [];
  context.on('request', (request) => {
    const { pathname, protocol } = new URL(request.url());
    if (pathname.startsWith(canaryPath) || protocol === 'javascript:') seen.push(request.url());
  });
  context.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  return {
    seen,
    async fired(page) {
      const marks = await Promise.all(
        page.frames().map((frame) => frame.evaluate('typeof canary === "undefined" ? 0 : canary')),
      );
      return [...seen, ...marks.filter((mark) => mark !== 0).map((mark) => `window.canary = ${mark}`)];
    },
  };
}

/** The selector that appears when a view is ready. */
const views: {
  view: string;
  name?: string;
  type: string;
  content: string;
  ready: string;
  clicks?: string[];
}[] = [
  { view: 'HTML', name: hostileName, type: 'text/html', content: hostileHtml, ready: '.code-line' },
  {
    view: 'an SVG',
    name: 'a.svg',
    type: 'image/svg+xml',
    content: hostileSvg,
    ready: '.picture img',
    clicks: ['.picture img', 'button.source'],
  },
  {
    view: 'Markdown',
    name: 'a.md',
    type: 'text/markdown',
    content: hostileMarkdown,
    ready: '.markdown h1',
    clicks: ['.markdown h1', 'button.source'],
  },
  {
    view: 'JSON',
    name: 'a.json',
    type: 'application/json',
    content: hostileJson,
    ready: '.tree .key',
    clicks: ['text=Expand all', 'button.source'],
  },
  {
    view: 'CSV',
    name: 'a.csv',
    type: 'text/csv',
    content: hostileCsv,
    ready: 'td',
    clicks: ['td', 'button.source'],
  },
  {
    view: 'a PDF',
    name: 'a.pdf',
    type: 'application/pdf',
    content: hostilePdf,
    ready: '.page[data-drawn=true]',
    clicks: ['.page'],
  },
  {
    // Because of the carriage return, the text is sent as JSON too.
    view: 'an unknown type',
    type: 'text/plain; x="</script><script>window.canary=1</script>"',
    content: `${hostileHtml}\r`,
    ready: '.code-line',
  },
];

await suiteWith(['chromium'], 'a canary', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  test('is noticed if script runs', async () => {
    const { page, context } = await openPage();
    const { seen, fired } = watch(context);
    await page.route('**/alive', (route) =>
      route.fulfill({ contentType: 'text/html', body: `<!doctype html>${hostileHtml}` }),
    );
    await page.route(`**${canaryPath}/**`, (route) => route.fulfill({ body: '' }));
    await page.goto(`${mayfly.url}/alive`, { waitUntil: 'commit' });
    await page.waitForURL(`**${canaryPath}/refresh`);
    expect(seen.length).toBeGreaterThan(5);
    expect((await fired(page)).length).toBeGreaterThan(5);
    await context.close();
  });

  for (const { view, name, type, content, ready, clicks = [] } of views)
    test(`in ${view} does not run, unencrypted and encrypted`, async () => {
      const { page, context, conduct } = await openPage();
      const { fired } = watch(context);
      const visit = async (url: string) => {
        await page.goto(url);
        await page.waitForSelector(ready);
        for (const selector of clicks) await page.locator(selector).first().click();
        expect(await fired(page)).toEqual([]);
        expect(await activeElements(page)).toEqual([]);
        expect(conduct).toEqual({ errors: [], elsewhere: [] });
      };
      await visit(await share(mayfly, { name, type, content }));
      // The encrypted name and type can be any text.
      const sealed: Secret = { name: name ?? hostileSealedName, type, content };
      const { url, secret } = await shareSealed(mayfly, sealed);
      await visit(`${url}#${secret}`);
      await context.close();
    });

  test('in names and types, encrypted ones too, does not run and is shown as text', async () => {
    const { page, context, conduct } = await openPage();
    const { fired } = watch(context);
    const content = Uint8Array.of(0, 255, 1, 254);
    const type = `<script>window.canary=1</script>/x;"><img src=x onerror=window.canary=1>`;
    const { url, secret } = await shareSealed(mayfly, {
      name: `\u202e${hostileSealedName}\u0000../../x`,
      type,
      content,
    });
    await page.goto(`${url}#${secret}`);
    await page.waitForSelector('.other');
    expect(await page.textContent('h1')).toStartWith('<_title><_script><script>window.canary=1<_script>"');
    expect(await page.textContent('h1')).toEndWith('.._.._x');
    expect(await page.textContent('.payload-facts')).toContain('<script>window.canary=1<');
    expect(await fired(page)).toEqual([]);
    await page.goto(await share(mayfly, { name: 'a.html', type: 'text/html', content: '' }));
    expect(await fired(page)).toEqual([]);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('does not run in the raw bytes, whatever their type', async () => {
    const { page, context, conduct } = await openPage();
    const { fired, seen } = watch(context);
    for (const type of hostileTypes)
      for (const content of [hostileHtml, hostileSvg]) {
        const url = await share(mayfly, { name: hostileName, type, content });
        // A download is not a page.
        await page.goto(url.replace('/p/', '/raw/')).catch(() => undefined);
        expect([type, ...(await fired(page))]).toEqual([type]);
      }
    expect(seen).toEqual([]);
    expect(conduct.elsewhere).toEqual([]);
    await context.close();
  });

  test('loads nothing without scripts, where markup could still load things', async () => {
    const { page, context, conduct } = await openPage({ javaScriptEnabled: false });
    const { seen } = watch(context);
    for (const { name, type, content } of views) {
      await page.goto(await share(mayfly, { name, type, content }));
      if (!type.startsWith('application/pdf'))
        expect(await page.textContent('pre')).toBe(content.replace('\r', '\n'));
      expect(seen).toEqual([]);
    }
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('in the page would be blocked by its policy', async () => {
    const url = await share(mayfly, { type: 'text/plain', content: 'x' });
    const { page, context, conduct } = await openPage();
    const { seen } = watch(context);
    await page.goto(url);
    await page.waitForSelector('.code-line');
    const violated = await page.evaluate(
      async (html) => {
        const directives = new Set<string>();
        addEventListener('securitypolicyviolation', (event) =>
          directives.add((event as Event & { effectiveDirective: string }).effectiveDirective),
        );
        const place = document.createElement('div');
        document.body.append(place);
        place.innerHTML = html;
        for (const dead of place.querySelectorAll('script')) {
          const script = document.createElement('script');
          for (const { name, value } of dead.attributes) script.setAttribute(name, value);
          script.text = dead.text;
          dead.replaceWith(script);
        }
        for (const link of place.querySelectorAll('a')) link.click();
        // Later, because code that the debugger calls directly may evaluate strings.
        const evaluated = await new Promise((resolve) =>
          setTimeout(() => {
            try {
              resolve(new Function('return "evaluated"')());
            } catch {
              resolve('refused');
            }
          }),
        );
        await new Promise((resolve) => setTimeout(resolve, 300));
        return {
          directives: [...directives],
          evaluated,
          canary: (globalThis as { canary?: number }).canary ?? 0,
        };
      },
      hostileHtml.replace(/<meta[^>]*>/, ''),
    );
    expect(violated.canary).toBe(0);
    expect(violated.evaluated).toBe('refused');
    expect(violated.directives).toEqual(
      expect.arrayContaining(['script-src-elem', 'script-src-attr', 'style-src-attr']),
    );
    // Images and style sheets of this server are allowed, but only the scripts of the build.
    expect(seen.filter((request) => /script|onerror|module/.test(request))).toEqual([]);
    expect(conduct.elsewhere).toEqual([]);
    await context.close();
  });
});

/** Elements and attributes that run or load something, in the content on a page. */
function activeElements(page: Page): Promise<string[]> {
  return page.$eval('main', (main) => {
    const found = [
      ...main.querySelectorAll(
        'script, iframe, object, embed, link, style, base, meta, form, math, template',
      ),
    ];
    const attributes = [...main.querySelectorAll('*')].flatMap((element) =>
      [...element.attributes]
        .filter(({ name, value }) => /^on/.test(name) || /^\s*(javascript|data|vbscript):/i.test(value))
        .map(({ name }) => `${element.tagName} ${name}`),
    );
    return [...found.map(({ outerHTML }) => outerHTML.slice(0, 80)), ...attributes];
  });
}
