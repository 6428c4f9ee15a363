import { useEffect, useRef } from 'preact/hooks';
import { highlight, maxGuessedLength } from '../code/highlighting.ts';
import { stretchesOf } from '../code/source-lines.ts';

/** Rendered Markdown. Internal links scroll and do not change the fragment, which may be the secret. */
export function MarkdownView({ html }: { html: string }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const controller = new AbortController();
    show(element.current, html, controller.signal).catch((error) => {
      if (!controller.signal.aborted) throw error;
    });
    return () => controller.abort();
  }, [html]);
  return <div ref={element} class="markdown" />;
}

async function show(root: HTMLElement | null, html: string, signal: AbortSignal): Promise<void> {
  const { insertHtml, slugOf } = await import('./markdown.ts');
  if (root === null || signal.aborted) return;
  root.replaceChildren();
  await insertHtml(root, html, signal);
  // Scrollable elements must be reachable by keyboard.
  for (const wide of root.querySelectorAll<HTMLElement>('pre, table')) wide.tabIndex = 0;
  for (const link of root.querySelectorAll<HTMLAnchorElement>('a[href^="#"]'))
    link.addEventListener('click', (event) => {
      event.preventDefault();
      const wanted = slugOf(decoded(link.getAttribute('href')?.slice(1) ?? ''));
      const headings = root.querySelectorAll<HTMLElement>('h1, h2, h3, h4, h5, h6');
      [...headings].find((heading) => slugOf(heading.textContent ?? '') === wanted)?.scrollIntoView();
    });
  let left = maxCodeElements;
  for (const code of root.querySelectorAll<HTMLElement>('pre > code')) {
    if (signal.aborted || left <= 0) return;
    left -= await highlightCode(code, left);
  }
}

/** The maximum of coloured stretches in all code blocks, each of which is an element. */
const maxCodeElements = 10_000;

/** Highlights code if that takes at most `max` elements. Resolves to the number of elements. */
async function highlightCode(code: HTMLElement, max: number): Promise<number> {
  const text = code.textContent ?? '';
  const language = /^language-(.+)$/.exec(code.className)?.[1];
  if (language === undefined || text.length > maxGuessedLength) return 0;
  const found = await highlight(text, language.toLowerCase());
  if (found?.language === undefined || found.tokens.length / 3 > max) return 0;
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
