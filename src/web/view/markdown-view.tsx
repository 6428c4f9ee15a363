import { useEffect, useRef } from 'preact/hooks';
import { highlight, mostGuessed } from './code/highlighting.ts';
import { stretchesOf } from './code/source-lines.ts';

/** Markdown as it is meant. Links within it move the reader, and leave the address alone: it may hold the key. */
export function MarkdownView({ text }: { text: string }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let isCurrent = true;
    import('./markdown.ts').then(({ renderMarkdown, slugOf }) => {
      const root = element.current;
      if (!isCurrent || root === null) return;
      root.replaceChildren(renderMarkdown(text));
      for (const code of root.querySelectorAll<HTMLElement>('pre > code')) highlightCode(code);
      // What scrolls must be reached by keys.
      for (const wide of root.querySelectorAll<HTMLElement>('pre, table')) wide.tabIndex = 0;
      for (const link of root.querySelectorAll<HTMLAnchorElement>('a[href^="#"]'))
        link.addEventListener('click', (event) => {
          event.preventDefault();
          const wanted = slugOf(decoded(link.getAttribute('href')?.slice(1) ?? ''));
          const headings = root.querySelectorAll<HTMLElement>('h1, h2, h3, h4, h5, h6');
          [...headings].find((heading) => slugOf(heading.textContent ?? '') === wanted)?.scrollIntoView();
        });
    });
    return () => {
      isCurrent = false;
    };
  }, [text]);
  return <div ref={element} class="markdown" />;
}

async function highlightCode(code: HTMLElement): Promise<void> {
  const text = code.textContent ?? '';
  const language = /^language-(.+)$/.exec(code.className)?.[1];
  if (language === undefined || text.length > mostGuessed) return;
  const found = await highlight(text, language.toLowerCase());
  if (found?.language === undefined) return;
  code.replaceChildren(
    ...stretchesOf(text, found.tokens, 0, text.length).map((stretch) => {
      if (stretch.colour === undefined) return stretch.text;
      const span = document.createElement('span');
      span.className = `code-${stretch.colour}`;
      span.textContent = stretch.text;
      return span;
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
