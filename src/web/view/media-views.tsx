import { useMemo, useState } from 'preact/hooks';
import { useMessages } from '../shell/reader.ts';
import { essenceOf } from '../shell/syntaxes.ts';
import type { Content } from './content.ts';
import { isSvg } from './kinds.ts';
import { viewMessages } from './messages.ts';
import { useAddress } from './use-address.ts';

/** A picture. In an `<img>` an SVG runs nothing and loads nothing (SVG 2, "secure static mode"). */
export function ImageView({ content }: { content: Content }) {
  const texts = useMessages(viewMessages);
  const [isBroken, setBroken] = useState(false);
  const address = useAddress(useDrawable(content), essenceOf(content.mediaType));
  if (isBroken) return <p class="problem">{texts.brokenMedia}</p>;
  return (
    <div class="picture">
      {address && <img src={address} alt={content.name ?? texts.image} onError={() => setBroken(true)} />}
    </div>
  );
}

/** The server hands SVG over as plain text, which no `<img>` takes: it is made of the text that the page has. */
function useDrawable(content: Content): Content {
  return useMemo(() => {
    const { mediaType, text, source } = content;
    if (!isSvg(mediaType) || text === null || source.kind === 'bytes') return content;
    return { ...content, source: { kind: 'bytes', blob: new Blob([text]) } };
  }, [content]);
}

/** Sound or a film. From the server it is loaded as it plays. */
export function MediaView({ content, kind }: { content: Content; kind: 'audio' | 'video' }) {
  const texts = useMessages(viewMessages);
  const [isBroken, setBroken] = useState(false);
  const address = useAddress(content, essenceOf(content.mediaType));
  if (isBroken) return <p class="problem">{texts.brokenMedia}</p>;
  if (address === undefined) return null;
  const label = content.name ?? undefined;
  const broken = () => setBroken(true);
  return kind === 'audio' ? (
    // biome-ignore lint/a11y/useMediaCaption: nobody has made captions
    <audio controls preload="metadata" src={address} aria-label={label} onError={broken} />
  ) : (
    // biome-ignore lint/a11y/useMediaCaption: nobody has made captions
    <video controls preload="metadata" playsInline src={address} aria-label={label} onError={broken} />
  );
}
