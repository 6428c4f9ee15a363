import { useMemo, useState } from 'preact/hooks';
import { useMessages } from '../../shell/reader.ts';
import { essenceOf } from '../../shell/syntaxes.ts';
import { viewMessages } from '../messages.ts';
import type { Content } from '../opening/content.ts';
import { isSvg } from '../opening/kinds.ts';
import { useContentUrl } from '../opening/use-content-url.ts';

/** An image. In an `<img>`, an SVG runs and loads nothing (SVG 2, "secure static mode"). */
export function ImageView({ content }: { content: Content }) {
  const texts = useMessages(viewMessages);
  const [isBroken, setBroken] = useState(false);
  const url = useContentUrl(useDrawable(content), essenceOf(content.mediaType));
  if (isBroken) return <p class="problem">{texts.brokenMedia}</p>;
  return (
    <div class="picture">
      {url && <img src={url} alt={content.name ?? texts.image} onError={() => setBroken(true)} />}
    </div>
  );
}

/** The server sends SVG as plain text, which `<img>` does not accept, so the page makes a blob of its text. */
function useDrawable(content: Content): Content {
  return useMemo(() => {
    const { mediaType, text, source } = content;
    if (!isSvg(mediaType) || text === null || source.kind === 'bytes') return content;
    return { ...content, source: { kind: 'bytes', blob: new Blob([text]) } };
  }, [content]);
}

/** Audio or video. The browser streams it from the server. */
export function MediaView({ content, kind }: { content: Content; kind: 'audio' | 'video' }) {
  const texts = useMessages(viewMessages);
  const [isBroken, setBroken] = useState(false);
  const url = useContentUrl(content, essenceOf(content.mediaType));
  if (isBroken) return <p class="problem">{texts.brokenMedia}</p>;
  if (url === undefined) return null;
  const label = content.name ?? undefined;
  const broken = () => setBroken(true);
  return kind === 'audio' ? (
    // biome-ignore lint/a11y/useMediaCaption: there are no captions
    <audio controls preload="metadata" src={url} aria-label={label} onError={broken} />
  ) : (
    // biome-ignore lint/a11y/useMediaCaption: there are no captions
    <video controls preload="metadata" playsInline src={url} aria-label={label} onError={broken} />
  );
}
