import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { openPage } from '../support/browser.ts';
import { type MayflyProcess, startMayfly } from '../support/mayfly-process.ts';
import { suiteWith } from '../support/suite-with.ts';
import { pdfDrawing, share } from './view-payloads.ts';

/** 8 lines equal to the line above, which is white before the first, and the end marker (ITU-T T.6, 2.2 and 2.4.1). */
const whiteFax = 'FF001001';
/** A black square of 8 by 8 pixels in JPEG 2000, created with OpenJPEG. */
const blackPicture = [
  'FF4FFF510029000000000008000000080000000000000000000000080000000800000000000000000001070101FF52000C00000001000004040001',
  'FF5C00044040FF90000A0000000000160001FF93DF8028115054A36FFFD9',
].join('');

const imageOf = (hex: string, more: string) =>
  `<< /Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray ${more} /Length ${hex.length + 1} >>
stream\n${hex}>\nendstream`;

const drawing = [
  'BT /Kanji 24 Tf 50 200 Td <65E5672C> Tj ET',
  'BT /Symbol 24 Tf 50 150 Td (abg) Tj ET',
  'q 100 0 0 100 50 20 cm /Fax Do Q',
  'q 100 0 0 100 250 20 cm /Picture Do Q',
].join('\n');
/** A text in a standard font and encoding, one in Symbol, and two black squares. */
const content = pdfDrawing(
  drawing,
  '/Font << /Kanji 5 0 R /Symbol 6 0 R >> /XObject << /Fax 7 0 R /Picture 8 0 R >>',
  '<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /UniJIS-UCS2-H /DescendantFonts [9 0 R] >>',
  '<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>',
  // With BlackIs1, white is 0, which is black as a shade of grey.
  imageOf(
    whiteFax,
    '/BitsPerComponent 1 /Filter [/ASCIIHexDecode /CCITTFaxDecode] /DecodeParms [null << /K -1 /Columns 8 /Rows 8 /BlackIs1 true >>]',
  ),
  imageOf(blackPicture, '/BitsPerComponent 8 /Filter [/ASCIIHexDecode /JPXDecode]'),
  `<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /FontDescriptor 10 0 R
     /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>`,
  `<< /Type /FontDescriptor /FontName /Ryumin-Light /Flags 6 /FontBBox [-170 -331 1024 903] /ItalicAngle 0
     /Ascent 723 /Descent -241 /CapHeight 709 /StemV 69 >>`,
);

/** Expects all of `content` in the text and on the canvas. */
async function expectContent(page: Page): Promise<void> {
  expect(await page.locator('.textLayer span').allTextContents()).toEqual(['日本', 'αβγ']);
  const shades = await page.$eval('.page canvas', (element) => {
    const canvas = element as HTMLCanvasElement;
    const drawn = canvas.getContext('2d');
    const y = (230 / 300) * canvas.height;
    return [100, 200, 300].map((x) => drawn?.getImageData((x / 400) * canvas.width, y, 1, 1).data[0]);
  });
  expect(shades).toEqual([0, 255, 0]);
}

await suiteWith(['chromium'], 'a PDF that does not embed all of its resources', () => {
  let mayfly: MayflyProcess;
  beforeAll(async () => {
    mayfly = await startMayfly();
  });
  afterAll(() => mayfly.stop());

  test('is shown with the right characters, fonts and images, from this server only', async () => {
    const { page, context, conduct } = await openPage();
    const data = new Map<string, number>();
    page.on('response', (response) => {
      const [, name] = /\/assets\/pdf-[\d-]+\/(.+)$/.exec(response.url()) ?? [];
      if (name) data.set(name, response.status());
    });
    await page.goto(await share(mayfly, { type: 'application/pdf', content }));
    await page.waitForSelector('.page[data-drawn=true]');
    await expectContent(page);
    expect(Object.fromEntries(data)).toMatchObject({ 'UniJIS-UCS2-H.bcmap': 200, 'FoxitSymbol.pfb': 200 });
    expect([...data.values()].filter((status) => status !== 200)).toEqual([]);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });

  test('is drawn by the oldest supported browsers', async () => {
    const { page, context, conduct } = await openPage();
    await page.addInitScript(removeNewApis);
    await page.route('**/assets/pdf-worker-*.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `(${removeNewApis})();${await response.text()}` });
    });
    await page.goto(await share(mayfly, { type: 'application/pdf', content }));
    await page.waitForSelector('.page[data-drawn=true]');
    expect(await page.evaluate(() => 'f16round' in Math)).toBe(false);
    await expectContent(page);
    expect(conduct).toEqual({ errors: [], elsewhere: [] });
    await context.close();
  });
});

/** Removes the APIs that libraries use and that Chrome has only since 117 or later (compatibility tables of MDN). */
function removeNewApis(): void {
  const newApis: [object, string[]][] = [
    [Promise, ['withResolvers', 'try']],
    [URL, ['parse', 'canParse']],
    [Math, ['sumPrecise', 'f16round']],
    [Array, ['fromAsync']],
    [Object, ['groupBy']],
    [Map, ['groupBy']],
    [Uint8Array, ['fromBase64', 'fromHex']],
    [Uint8Array.prototype, ['toBase64', 'toHex', 'setFromBase64', 'setFromHex']],
    [Map.prototype, ['getOrInsert', 'getOrInsertComputed']],
    [WeakMap.prototype, ['getOrInsert', 'getOrInsertComputed']],
    [Set.prototype, ['union', 'intersection', 'difference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom']],
    [Response.prototype, ['bytes']],
    [Blob.prototype, ['bytes']],
    [globalThis, ['Iterator', 'Float16Array']],
    [RegExp, ['escape']],
    [Error, ['isError']],
  ];
  for (const [owner, names] of newApis) for (const name of names) Reflect.deleteProperty(owner, name);
}
