import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { type OpenPage, openPage } from '../support/browser.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

type OpenComposePage = OpenPage & {
  /** Adds files by the file field of the page. */
  add(...paths: string[]): Promise<void>;
  /** The links on the page, when there are `count` of them. */
  links(count: number): Promise<string[]>;
};

/** Opens `/`, and waits until its scripts run. */
export async function openComposePage(
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenComposePage> {
  const open = await openPage(options);
  const { page } = open;
  await page.goto(url);
  await page.waitForSelector('.add-files');
  return {
    ...open,
    add: (...paths) => page.locator('input[type=file]').first().setInputFiles(paths),
    async links(count) {
      await page.waitForFunction(
        (wanted) => document.querySelectorAll('input.link').length === wanted,
        count,
      );
      return page
        .locator('input.link')
        .evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value));
    },
  };
}

/** Drops files and folders on the page, as from the desktop. */
export async function drop(page: Page, ...paths: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  await session.detach();
}

/** Limits the upload rate (bytes per second); -1 for no limit. */
export async function limitUploads(page: Page, bytesPerSecond: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const network = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond };
  await session.send('Network.emulateNetworkConditions', network);
}

const folder = temporaryDirectory('compose');

export function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Creates a sparse file of this size, which uses no disk space. */
export function sparseFile(name: string, size: number): string {
  const path = join(folder, name);
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, size);
  closeSync(descriptor);
  return path;
}

/** The id in a link. */
export function idIn(link: string | undefined): string {
  return /\/p\/([0-9a-f]{32})/.exec(link ?? '')?.[1] ?? '';
}
