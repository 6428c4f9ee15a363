import type { ComponentChildren } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { useHref, useMessages } from '../shell/reader.ts';
import { type Shortcut, Shortcuts } from '../shell/shortcuts.tsx';
import { isPlainOnly } from '../shell/syntaxes.ts';
import { useLive } from '../shell/use-live.ts';
import { CodeView } from './code/code-view.tsx';
import { ServedText, Source } from './code/source.tsx';
import { sourceRows } from './code/source-lines.ts';
import { automatic, plain, useTokens } from './code/use-tokens.ts';
import type { Content } from './content.ts';
import type { Fragment, LineRange } from './fragment.ts';
import { JsonView } from './json-view.tsx';
import { isSvg, kindOf, showsText } from './kinds.ts';
import { MarkdownView } from './markdown-view.tsx';
import { ImageView, MediaView } from './media-views.tsx';
import { viewMessages } from './messages.ts';
import { OtherView } from './other-view.tsx';
import { type Reading, useParsed } from './parse/use-parsed.ts';
import { PdfView } from './pdf/pdf-view.tsx';
import { sourceMessages } from './source-messages.ts';
import { TableView } from './table-view.tsx';
import { TextControls, Toggle, Toolbar } from './toolbar.tsx';

type ViewerProps = {
  content: Content;
  id: string;
  fragment: Fragment | undefined;
  markLines: (lines: LineRange | null) => void;
};

/** Shows content that is there, in the way of its kind, with what can be done with it. */
export function Viewer({ content, id, fragment, markLines }: ViewerProps) {
  const texts = useMessages(viewMessages);
  const reasons = useMessages(sourceMessages);
  const isLive = useLive();
  const root = useRef<HTMLDivElement>(null);
  const { mediaType, name, text } = content;
  const reading = useParsed(content, isLive);
  const rendered = useRendered(content, reading);
  const [wantsSource, setWantsSource] = useState(false);
  const [wraps, setWraps] = useState(false);
  const [hasNumbers, setNumbers] = useState(true);
  const [syntax, setSyntax] = useState(isPlainOnly(mediaType) ? plain : automatic);
  // A link to lines is one to the source.
  const isSource = rendered === undefined || wantsSource || (fragment?.lines ?? null) !== null;
  const isCode = isSource && text !== null && text !== '';
  const rows = useMemo(() => (isCode ? sourceRows(text) : undefined), [isCode, text]);
  // Until it is read, a text is shown as the server sent it; then there may be something better than its source.
  const isReady = isLive && (reading !== 'waiting' || (fragment?.lines ?? null) !== null);
  const { tokens, language } = useTokens(isReady && isCode ? text : null, {
    chosen: syntax,
    mediaType,
    name,
  });
  const toggleSource = () => {
    setWantsSource(!isSource);
    if (isSource) markLines(null);
  };

  const hrefTo = useHref();
  const press = (selector: string) => () => root.current?.querySelector<HTMLElement>(selector)?.click();
  const shortcuts: Shortcut[] = [
    ...(text === null ? [] : [{ keys: 'c', text: texts.copy, run: press('.copy') }]),
    { keys: 'd', text: texts.download, run: press('.download') },
    { keys: 'r', text: texts.raw, run: press('.raw') },
    ...(isCode ? [{ keys: 'w', text: texts.wrapLines, run: press('.wrap') }] : []),
    { keys: 'n', text: texts.newPaste, run: () => location.assign(hrefTo('/')) },
  ];
  return (
    <div ref={root} class="viewer">
      <Toolbar content={content} id={id}>
        {isLive && rendered !== undefined && text !== null && (
          <Toggle class="source" isOn={isSource} onToggle={toggleSource}>
            {texts.source}
          </Toggle>
        )}
        {isReady && isCode && (
          <TextControls
            {...{ setWraps, hasNumbers, setNumbers, syntax, setSyntax, language }}
            wraps={rows?.hasLongLines ? undefined : wraps}
          />
        )}
      </Toolbar>
      {(reading === 'late' || reading === 'deep' || reading === 'large') && (
        <p class="notice-line">{reasons[reading]}</p>
      )}
      {rows !== undefined ? (
        <Source rows={rows}>
          {isReady ? (
            <CodeView
              {...{ rows, tokens, hasNumbers, fragment, markLines }}
              wraps={wraps || rows.hasLongLines}
            />
          ) : (
            <ServedText rows={rows} />
          )}
        </Source>
      ) : isSource && text === '' ? (
        <p class="quiet">{texts.empty}</p>
      ) : (
        rendered
      )}
      <Shortcuts list={shortcuts} />
    </div>
  );
}

/** The view that content has beside its source; undefined for text that has none. */
function useRendered(content: Content, reading: Reading): ComponentChildren | undefined {
  const isLive = useLive();
  const kind = kindOf(content);
  return useMemo(() => {
    if (typeof reading === 'object') {
      if ('rows' in reading) return <TableView rows={reading.rows} />;
      if ('tree' in reading) return <JsonView tree={reading.tree} />;
      return <MarkdownView html={reading.html} />;
    }
    // Without scripts there is the source.
    if (kind === 'image') {
      const canBeDrawn = !isSvg(content.mediaType) || (isLive && reading === 'other');
      return canBeDrawn ? <ImageView content={content} /> : undefined;
    }
    if (showsText(content)) return undefined;
    if (kind === 'audio' || kind === 'video') return <MediaView content={content} kind={kind} />;
    return kind === 'pdf' && isLive ? <PdfView content={content} /> : <OtherView content={content} />;
  }, [content, reading, kind, isLive]);
}
