import type { ComponentChildren } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { useHref, useMessages } from '../shell/reader.ts';
import { type Shortcut, Shortcuts } from '../shell/shortcuts.tsx';
import { isPlainOnly } from '../shell/syntaxes.ts';
import { useLive } from '../shell/use-live.ts';
import { CodeView } from './code/code-view.tsx';
import { automatic, plain, useTokens } from './code/use-tokens.ts';
import type { Content } from './content.ts';
import type { Fragment, LineRange } from './fragment.ts';
import { parseJsonTree } from './json-tree.ts';
import { JsonView } from './json-view.tsx';
import { isSvg, kindOf, showsText } from './kinds.ts';
import { MarkdownView } from './markdown-view.tsx';
import { ImageView, MediaView } from './media-views.tsx';
import { viewMessages } from './messages.ts';
import { OtherView } from './other-view.tsx';
import { PdfView } from './pdf/pdf-view.tsx';
import { servedTextId } from './served-text.ts';
import { parseTable } from './table.ts';
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
  const isLive = useLive();
  const root = useRef<HTMLDivElement>(null);
  const { mediaType, name, text } = content;
  const rendered = useRendered(content);
  const [wantsSource, setWantsSource] = useState(false);
  const [wraps, setWraps] = useState(false);
  const [hasNumbers, setNumbers] = useState(true);
  const [syntax, setSyntax] = useState(isPlainOnly(mediaType) ? plain : automatic);
  // A link to lines is one to the source.
  const isSource = rendered === undefined || wantsSource || (fragment?.lines ?? null) !== null;
  const isCode = isSource && text !== null && text !== '';
  const { tokens, language } = useTokens(isLive && isCode ? text : null, { chosen: syntax, mediaType, name });
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
        {isLive && isCode && (
          <TextControls {...{ wraps, setWraps, hasNumbers, setNumbers, syntax, setSyntax, language }} />
        )}
      </Toolbar>
      {isSource && text !== null ? (
        <Source text={text} isLive={isLive}>
          <CodeView {...{ text, tokens, wraps, hasNumbers, fragment, markLines }} />
        </Source>
      ) : (
        rendered
      )}
      <Shortcuts list={shortcuts} />
    </div>
  );
}

function Source({ text, isLive, children }: { text: string; isLive: boolean; children: ComponentChildren }) {
  const texts = useMessages(viewMessages);
  if (text === '') return <p class="quiet">{texts.empty}</p>;
  if (isLive) return <>{children}</>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="code" tabIndex={0} aria-label={texts.text} translate={false}>
      <pre id={servedTextId}>{text}</pre>
    </section>
  );
}

/** The view that content has beside its source; undefined for text that has none, or is not what it says. */
function useRendered(content: Content): ComponentChildren | undefined {
  const isLive = useLive();
  const { mediaType, text } = content;
  const kind = kindOf(content);
  const parsed = useMemo(() => {
    // Without scripts there is the source.
    if (!isLive || text === null) return undefined;
    if (kind === 'json') return parseJsonTree(text);
    return kind === 'table' ? parseTable(text, mediaType) : undefined;
  }, [isLive, kind, text, mediaType]);
  return useMemo(() => {
    if (Array.isArray(parsed)) return <TableView rows={parsed} />;
    if (parsed !== undefined) return <JsonView root={parsed} />;
    if (kind === 'image') return isLive || !isSvg(mediaType) ? <ImageView content={content} /> : undefined;
    if (showsText(content))
      return kind === 'markdown' && isLive && text ? <MarkdownView text={text} /> : undefined;
    if (kind === 'audio' || kind === 'video') return <MediaView content={content} kind={kind} />;
    return kind === 'pdf' && isLive ? <PdfView content={content} /> : <OtherView content={content} />;
  }, [content, parsed, kind, isLive, text, mediaType]);
}
