import './older-browsers.ts';
import {
  AnnotationMode,
  GlobalWorkerOptions,
  getDocument,
  type PDFDocumentProxy,
  TextLayer,
  VerbosityLevel,
  version,
  // The other build supports only the newest browsers.
} from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { Content } from '../opening/content.ts';
import { assetUrl, workerUrl } from '../worker-urls.ts';

export type PdfDocument = PDFDocumentProxy;

/** The maximum of pixels of one page, for any size and screen density. */
const maxPixels = 16_000_000;

/** The folder with the character maps, standard fonts and decoders that some PDFs need. */
const data = assetUrl(`pdf-${version.replaceAll('.', '-')}/`);

/**
 * Opens a PDF in a worker. Scripts and XFA forms in it are ignored, and nothing is compiled at run time.
 *
 * @throws Error if the PDF is broken; with the name `PasswordException` if it needs a password
 */
export async function openPdf({ source }: Content): Promise<PdfDocument> {
  GlobalWorkerOptions.workerSrc = workerUrl('pdf-worker');
  const where =
    source.kind === 'url' ? { url: source.href } : { data: new Uint8Array(await source.blob.arrayBuffer()) };
  return getDocument({
    ...where,
    enableXfa: false,
    useWasm: false,
    cMapUrl: data,
    standardFontDataUrl: data,
    // Only the JavaScript decoders are served.
    wasmUrl: data,
    useSystemFonts: true,
    stopAtErrors: false,
    maxImageSize: maxPixels * 4,
    verbosity: VerbosityLevel.ERRORS,
  }).promise;
}

/** The size of a page at a scale of 1 (CSS pixels). */
export async function sizeOfPage(
  pdf: PdfDocument,
  number: number,
): Promise<{ width: number; height: number }> {
  const { width, height } = (await pdf.getPage(number)).getViewport({ scale: 1 });
  return { width, height };
}

/** Draws a page in the width of its canvas, with a text layer for selection and screen readers. */
export async function drawPage(
  pdf: PdfDocument,
  number: number,
  { canvas, textLayer }: { canvas: HTMLCanvasElement; textLayer: HTMLElement },
): Promise<void> {
  const page = await pdf.getPage(number);
  const unscaled = page.getViewport({ scale: 1 });
  const scale = canvas.clientWidth / unscaled.width;
  const viewport = page.getViewport({ scale });
  const density = Math.min(devicePixelRatio, Math.sqrt(maxPixels / (viewport.width * viewport.height)));
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
