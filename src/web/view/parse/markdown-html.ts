import { Marked } from 'marked';
import { allowedTags } from '../views/markdown-tags.ts';
import { balanced } from './balanced-html.ts';

/** Raw tags lose their attributes, and an `<a>` needs one. */
const rawTags = new Set(allowedTags.filter((tag) => tag !== 'a'));

const marked = new Marked({
  gfm: true,
  async: false,
  renderer: {
    html: ({ text }) => plainTags(text),
    // A checkbox would be a disabled field without a label.
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    // The page loads nothing from other servers, so images become links.
    image({ href, title, text }) {
      const hint = title ? ` title="${escaped(title)}"` : '';
      return `<a href="${escaped(href)}"${hint}>${escaped(text || title || href)}</a>`;
    },
  },
});

/**
 * Converts Markdown to HTML, which the page still has to sanitise.
 *
 * @returns `deep` or `large` if a browser could not show it quickly
 */
export function markdownHtml(text: string): { html: string } | 'deep' | 'large' {
  try {
    return balanced(marked.parse(text) as string);
  } catch (error) {
    // The lexer and the renderer are recursive, so deep nesting overflows the stack.
    if (error instanceof RangeError) return 'deep';
    throw error;
  }
}

/** HTML in Markdown: allowed tags stay, without attributes. All others are shown as text. */
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
