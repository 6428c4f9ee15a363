import type { ComponentChildren } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { type Shortcut, Shortcuts } from '../shell/controls/shortcuts.tsx';
import { useHref, useMessages } from '../shell/reader.ts';
import { isPlainOnly } from '../shell/syntaxes.ts';
import { useLive } from '../shell/use-live.ts';
import { CodeView } from './code/code-view.tsx';
import { ServedText, Source } from './code/source.tsx';
import { sourceRows } from './code/source-lines.ts';
import { automatic, plain, useTokens } from './code/use-tokens.ts';
import { viewMessages } from './messages.ts';
import type { Content } from './opening/content.ts';
import type { Fragment, LineRange } from './opening/fragment.ts';
import { isSvg, kindOf, showsText } from './opening/kinds.ts';
import { type ParseState, useParsed } from './parse/use-parsed.ts';
import { PdfView } from './pdf/pdf-view.tsx';
import { sourceMessages } from './source-messages.ts';
import { TextControls, Toggle, Toolbar } from './toolbar.tsx';
import { JsonView } from './views/json-view.tsx';
import { MarkdownView } from './views/markdown-view.tsx';
import { ImageView, MediaView } from './views/media-views.tsx';
import { OtherView } from './views/other-view.tsx';
import { TableView } from './views/table-view.tsx';

type ViewerProps = {
  content: Content;
  id: string;
  fragment: Fragment | undefined;
  markLines: (lines: LineRange | null) => void;
};

/** Shows content in the view of its kind, with a toolbar. */
export function Viewer({ content, id, fragment, markLines }: ViewerProps) {
  const texts = useMessages(viewMessages);
  const reasons = useMessages(sourceMessages);
  const isLive = useLive();
  const root = useRef<HTMLDivElement>(null);
  const { mediaType, name, text } = content;
  const parseState = useParsed(content, isLive);
  const rendered = useRendered(content, parseState);
  const [wantsSource, setWantsSource] = useState(false);
  const [wraps, setWraps] = useState(false);
  const [hasNumbers, setNumbers] = useState(true);
  const [syntax, setSyntax] = useState(isPlainOnly(mediaType) ? plain : automatic);
  // A link to lines shows the source.
  const isSource = rendered === undefined || wantsSource || (fragment?.lines ?? null) !== null;
  const isCode = isSource && text !== null && text !== '';
  const rows = useMemo(() => (isCode ? sourceRows(text) : undefined), [isCode, text]);
  // Until it is parsed, a text is shown as the server sent it, since there may be a better view than its source.
  const isReady = isLive && (parseState !== 'waiting' || (fragment?.lines ?? null) !== null);
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
      {(parseState === 'late' || parseState === 'deep' || parseState === 'large') && (
        <p class="notice-line">{reasons[parseState]}</p>
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

/** The view besides the source; undefined for text without one. */
function useRendered(content: Content, parseState: ParseState): ComponentChildren | undefined {
  const isLive = useLive();
  const kind = kindOf(content);
  return useMemo(() => {
    if (typeof parseState === 'object') {
      if ('rows' in parseState) return <TableView rows={parseState.rows} />;
      if ('tree' in parseState) return <JsonView tree={parseState.tree} />;
      return <MarkdownView html={parseState.html} />;
    }
    // Without scripts, an SVG is shown as its source.
    if (kind === 'image') {
      const canBeDrawn = !isSvg(content.mediaType) || (isLive && parseState === 'other');
      return canBeDrawn ? <ImageView content={content} /> : undefined;
    }
    if (showsText(content)) return undefined;
    if (kind === 'audio' || kind === 'video') return <MediaView content={content} kind={kind} />;
    return kind === 'pdf' && isLive ? <PdfView content={content} /> : <OtherView content={content} />;
  }, [content, parseState, kind, isLive]);
}
