import { useEffect, useRef, useState } from 'preact/hooks';
import { useMessages } from '../../shell/reader.ts';
import { viewMessages } from '../messages.ts';
import type { Content } from '../opening/content.ts';
import { whenNear } from '../when-near.ts';
import type { PdfDocument } from './pdf.ts';

type Shown = { pdf: PdfDocument; width: number; height: number };

/** A PDF. Each page is drawn when it is near the window. */
export function PdfView({ content }: { content: Content }) {
  const texts = useMessages(viewMessages);
  const [shown, setShown] = useState<Shown>();
  const [error, setError] = useState<'brokenPdf' | 'lockedPdf'>();
  useEffect(() => {
    let pdf: PdfDocument | undefined;
    let isUnmounted = false;
    const open = async () => {
      const { openPdf, sizeOfPage } = await import('./pdf.ts');
      pdf = await openPdf(content);
      if (isUnmounted) await pdf.loadingTask.destroy();
      else setShown({ pdf, ...(await sizeOfPage(pdf, 1)) });
    };
    open().catch((cause: Error) => {
      if (!isUnmounted) setError(cause.name === 'PasswordException' ? 'lockedPdf' : 'brokenPdf');
    });
    return () => {
      isUnmounted = true;
      pdf?.loadingTask.destroy();
    };
  }, [content]);
  if (error !== undefined) return <p class="problem">{texts[error]}</p>;
  if (shown === undefined) return <p class="busy" aria-busy="true" />;
  const { pdf, width, height } = shown;
  return (
    <div class="pdf">
      {Array.from({ length: pdf.numPages }, (_, at) => (
        <PdfPage key={at} pdf={pdf} number={at + 1} ratio={width / height} />
      ))}
    </div>
  );
}

/** `ratio` is that of the first page, until the size of this page is known. */
function PdfPage({ pdf, number, ratio }: { pdf: PdfDocument; number: number; ratio: number }) {
  const texts = useMessages(viewMessages);
  const place = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const textLayer = useRef<HTMLDivElement>(null);
  const [shape, setShape] = useState(ratio);
  const [isDrawn, setDrawn] = useState(false);
  useEffect(() => {
    let isUnmounted = false;
    const draw = async () => {
      const { sizeOfPage, drawPage } = await import('./pdf.ts');
      const { width, height } = await sizeOfPage(pdf, number);
      if (isUnmounted || canvas.current === null || textLayer.current === null) return;
      setShape(width / height);
      await drawPage(pdf, number, { canvas: canvas.current, textLayer: textLayer.current });
      setDrawn(true);
    };
    const stop = place.current
      ? whenNear(place.current, () => draw().catch(() => undefined))
      : () => undefined;
    return () => {
      isUnmounted = true;
      stop();
    };
  }, [pdf, number]);
  const label = texts.page(number, pdf.numPages);
  return (
    <section
      ref={place}
      class="page"
      style={{ aspectRatio: String(shape) }}
      aria-label={label}
      data-drawn={isDrawn}
    >
      <canvas ref={canvas} />
      <div ref={textLayer} class="textLayer" />
    </section>
  );
}
