import createDomPurify from 'dompurify';
import { Marked } from 'marked';

/** What Markdown comes to, and no more: nothing that loads, runs, takes input, or has a look of its own. */
const allowedTags = [
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p', 'br', 'hr', 'a', 'blockquote', 'pre', 'code', 'kbd', 'samp'],
  ...['ul', 'ol', 'li', 'dl', 'dt', 'dd', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'details', 'summary'],
  ...['em', 'strong', 'b', 'i', 'u', 's', 'del', 'ins', 'mark', 'sub', 'sup', 'small', 'abbr', 'q'],
];
/** An `<a>` without attributes leads nowhere. */
const rawTags = new Set(allowedTags.filter((tag) => tag !== 'a'));
/** What is no address: the sanitiser would judge it as one. */
const plainAttributes = ['title', 'align', 'start', 'class'];

const purifier = createDomPurify(window);
purifier.addHook('afterSanitizeAttributes', (node) => {
  const language =
    node.tagName === 'CODE' ? /^language-([\w+#.-]{1,40})$/.exec(node.className)?.[1] : undefined;
  node.removeAttribute('class');
  if (language !== undefined) node.className = `language-${language}`;
  if (node.tagName !== 'A' || !node.hasAttribute('href')) return;
  if (!node.getAttribute('href')?.startsWith('#')) node.setAttribute('target', '_blank');
  node.setAttribute('rel', 'noopener noreferrer nofollow ugc');
});

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

/** Markdown as nodes of which nothing is active, whatever HTML there was in it. */
export function renderMarkdown(text: string): DocumentFragment {
  return purifier.sanitize(marked.parse(text) as string, {
    ALLOWED_TAGS: allowedTags,
    ALLOWED_ATTR: ['href', ...plainAttributes],
    ADD_URI_SAFE_ATTR: plainAttributes,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#)/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

/** HTML within Markdown: tags that are allowed stay, without attributes, and any other is shown as it is written. */
function plainTags(html: string): string {
  return html
    .replace(/<!--.*?-->/gs, '')
    .replace(/<(\/?)([a-z][a-z0-9]*)(?![\w-])[^<>]*>|</gi, (tag, slash = '', name = '') =>
      rawTags.has(name.toLowerCase()) ? `<${slash}${name}>` : escaped(tag),
    );
}

/** How links within a document name a heading, as most renderers of Markdown do. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
