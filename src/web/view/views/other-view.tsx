import { useEffect, useState } from 'preact/hooks';
import { useMessages } from '../../shell/reader.ts';
import { viewMessages } from '../messages.ts';
import type { Content } from '../opening/content.ts';

/** The number of bytes that are shown. */
const shownBytes = 256;
const bytesPerLine = 16;

/** Content without a view of its own: a hex dump of its first bytes. */
export function OtherView({ content }: { content: Content }) {
  const texts = useMessages(viewMessages);
  const { source } = content;
  const [bytes, setBytes] = useState<Uint8Array>();
  useEffect(() => {
    const controller = new AbortController();
    firstBytes(source, controller.signal).then(setBytes, () => undefined);
    return () => controller.abort();
  }, [source]);
  return (
    <section class="other">
      <p>{texts.cannotShow}</p>
      {bytes !== undefined && bytes.length > 0 && (
        <>
          <h2>{texts.firstBytes}</h2>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable elements must be reachable by keyboard */}
          <section class="code" tabIndex={0} aria-label={texts.firstBytes}>
            <pre>{hexLines(bytes)}</pre>
          </section>
        </>
      )}
    </section>
  );
}

async function firstBytes(source: Content['source'], signal: AbortSignal): Promise<Uint8Array> {
  if (source.kind === 'bytes') return new Uint8Array(await source.blob.slice(0, shownBytes).arrayBuffer());
  const headers = { range: `bytes=0-${shownBytes - 1}` };
  const response = await fetch(source.href, { headers, signal });
  if (response.status === 206) return new Uint8Array(await response.arrayBuffer());
  await response.body?.cancel();
  return new Uint8Array();
}

/** In the format of `hexdump -C`. */
function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += bytesPerLine) {
    const line = [...bytes.subarray(at, at + bytesPerLine)];
    const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const letters = line
      .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
      .join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(bytesPerLine * 3 - 1)}  ${letters}`);
  }
  return lines.join('\n');
}
