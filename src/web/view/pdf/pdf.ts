import './older-browsers.ts';
import {
  AnnotationMode,
  GlobalWorkerOptions,
  getDocument,
  type PDFDocumentProxy,
  TextLayer,
  VerbosityLevel,
  version,
  // The other build is for browsers of today alone.
} from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { Content } from '../content.ts';
import { assetAddress, workerAddress } from '../worker-addresses.ts';

export type PdfDocument = PDFDocumentProxy;

/** The most pixels of one page, whatever its size and the screen's density. */
const mostPixels = 16_000_000;

/** Where the build has put what some PDFs need: maps of characters, standard fonts, decoders. */
const data = assetAddress(`pdf-${version.replaceAll('.', '-')}/`);

/**
 * Opens a PDF in a worker. Scripts and XFA forms of it are not even read, and nothing is compiled at run time.
 *
 * @throws Error where it is broken; one named `PasswordException` where it needs a password
 */
export async function openPdf({ source }: Content): Promise<PdfDocument> {
  GlobalWorkerOptions.workerSrc = workerAddress('pdf-worker');
  const where =
    source.kind === 'address'
      ? { url: source.href }
      : { data: new Uint8Array(await source.blob.arrayBuffer()) };
  return getDocument({
    ...where,
    enableXfa: false,
    useWasm: false,
    cMapUrl: data,
    standardFontDataUrl: data,
    // What is there of it is JavaScript.
    wasmUrl: data,
    useSystemFonts: true,
    stopAtErrors: false,
    maxImageSize: mostPixels * 4,
    verbosity: VerbosityLevel.ERRORS,
  }).promise;
}

/** Its size at a scale of 1 (CSS pixels). */
export async function sizeOfPage(
  pdf: PdfDocument,
  number: number,
): Promise<{ width: number; height: number }> {
  const { width, height } = (await pdf.getPage(number)).getViewport({ scale: 1 });
  return { width, height };
}

/** Draws a page as wide as its place, and puts its text over it to be selected and read aloud. */
export async function drawPage(
  pdf: PdfDocument,
  number: number,
  { canvas, textLayer }: { canvas: HTMLCanvasElement; textLayer: HTMLElement },
): Promise<void> {
  const page = await pdf.getPage(number);
  const unscaled = page.getViewport({ scale: 1 });
  const scale = canvas.clientWidth / unscaled.width;
  const viewport = page.getViewport({ scale });
  const density = Math.min(devicePixelRatio, Math.sqrt(mostPixels / (viewport.width * viewport.height)));
  canvas.width = Math.floor(viewport.width * density);
  canvas.height = Math.floor(viewport.height * density);
  const transform = [density, 0, 0, density, 0, 0];
  await page.render({ canvas, viewport, transform, annotationMode: AnnotationMode.ENABLE }).promise;
  textLayer.style.setProperty('--total-scale-factor', String(scale));
  textLayer.replaceChildren();
  await new TextLayer({
    textContentSource: page.streamTextContent(),
    container: textLayer,
    viewport,
  }).render();
}
