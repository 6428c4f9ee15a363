import { Marked } from 'marked';
import { allowedTags } from '../markdown-tags.ts';
import { balanced } from './balanced-html.ts';

/** An `<a>` without attributes leads nowhere. */
const rawTags = new Set(allowedTags.filter((tag) => tag !== 'a'));

const marked = new Marked({
  gfm: true,
  async: false,
  renderer: {
    html: ({ text }) => plainTags(text),
    // A box would be a field that nobody can fill in, and that says nothing to a screen reader.
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    // The page loads nothing from elsewhere: where a picture would be, there is a link to it.
    image({ href, title, text }) {
      const hint = title ? ` title="${escaped(title)}"` : '';
      return `<a href="${escaped(href)}"${hint}>${escaped(text || title || href)}</a>`;
    },
  },
});

/**
 * Markdown as HTML, which the page still has to sanitise.
 *
 * @returns `deep` or `large` where a browser could not show it in a moment
 */
export function markdownHtml(text: string): { html: string } | 'deep' | 'large' {
  try {
    return balanced(marked.parse(text) as string);
  } catch (error) {
    // Lexer and renderer call themselves for what is nested: the stack overflows.
    if (error instanceof RangeError) return 'deep';
    throw error;
  }
}

/** HTML within Markdown: tags that are allowed stay, without attributes, and any other is shown as it is written. */
function plainTags(html: string): string {
  return html
    .replace(/<!--.*?-->/gs, '')
    .replace(/<(\/?)([a-z][a-z0-9]*)(?![\w-])[^<>]*>|</gi, (tag, slash = '', name = '') =>
      rawTags.has(name.toLowerCase()) ? `<${slash}${name}>` : escaped(tag),
    );
}

function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
