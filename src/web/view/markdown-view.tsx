import { useEffect, useRef } from 'preact/hooks';
import { highlight, mostGuessed } from './code/highlighting.ts';
import { stretchesOf } from './code/source-lines.ts';

/** Markdown as it is meant. Links within it move the reader, and leave the address alone: it may hold the key. */
export function MarkdownView({ html }: { html: string }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const ending = new AbortController();
    show(element.current, html, ending.signal).catch((error) => {
      if (!ending.signal.aborted) throw error;
    });
    return () => ending.abort();
  }, [html]);
  return <div ref={element} class="markdown" />;
}

async function show(root: HTMLElement | null, html: string, signal: AbortSignal): Promise<void> {
  const { insertHtml, slugOf } = await import('./markdown.ts');
  if (root === null || signal.aborted) return;
  root.replaceChildren();
  await insertHtml(root, html, signal);
  // What scrolls must be reached by keys.
  for (const wide of root.querySelectorAll<HTMLElement>('pre, table')) wide.tabIndex = 0;
  for (const link of root.querySelectorAll<HTMLAnchorElement>('a[href^="#"]'))
    link.addEventListener('click', (event) => {
      event.preventDefault();
      const wanted = slugOf(decoded(link.getAttribute('href')?.slice(1) ?? ''));
      const headings = root.querySelectorAll<HTMLElement>('h1, h2, h3, h4, h5, h6');
      [...headings].find((heading) => slugOf(heading.textContent ?? '') === wanted)?.scrollIntoView();
    });
  let left = mostColoured;
  for (const code of root.querySelectorAll<HTMLElement>('pre > code')) {
    if (signal.aborted || left <= 0) return;
    left -= await highlightCode(code, left);
  }
}

/** So many stretches of code get colours in all: each is an element. */
const mostColoured = 10_000;

/** Colours a piece of code, where that takes no more than `most` elements. Resolves to how many it took. */
async function highlightCode(code: HTMLElement, most: number): Promise<number> {
  const text = code.textContent ?? '';
  const language = /^language-(.+)$/.exec(code.className)?.[1];
  if (language === undefined || text.length > mostGuessed) return 0;
  const found = await highlight(text, language.toLowerCase());
  if (found?.language === undefined || found.tokens.length / 3 > most) return 0;
  code.replaceChildren(
    ...stretchesOf(text, found.tokens, 0, text.length).map((stretch) => {
      if (stretch.colour === undefined) return stretch.text;
      const span = document.createElement('span');
      span.className = `code-${stretch.colour}`;
      span.textContent = stretch.text;
      return span;
    }),
  );
  return found.tokens.length / 3;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
