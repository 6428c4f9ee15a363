import createDomPurify from 'dompurify';
import { allowedTags } from './markdown-tags.ts';
import { weightOfText } from './text-weight.ts';

/** What is no address: the sanitiser would judge it as one. */
const plainAttributes = ['title', 'align', 'start', 'class'];
/** The page stays usable if it does nothing else for so long (milliseconds). */
const slice = 25;
/** What has more elements is sanitised child by child. */
const mostAtOnce = 200;
/** No more is put in after what has so much text (characters). */
const longestBatch = 5000;
/** So much text is put in between two frames at most (by weight). */
const heaviestSlice = 100_000;

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

purifier.setConfig({
  ALLOWED_TAGS: allowedTags,
  ALLOWED_ATTR: ['href', ...plainAttributes],
  ADD_URI_SAFE_ATTR: plainAttributes,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
});

/**
 * Puts HTML into an element as nodes of which nothing is active. It works in slices of some 25 ms, between which the
 * page can do other things.
 *
 * @param html What `markdownHtml` made: at most 20,000 elements, nested at most 100 levels deep.
 * @throws the reason of the signal, when that is aborted
 */
export async function insertHtml(root: HTMLElement, html: string, signal: AbortSignal): Promise<void> {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  let sliceEnd = performance.now() + slice;
  let weight = 0;
  const insert = async (source: Node, target: Node): Promise<void> => {
    while (source.firstChild !== null) {
      if (performance.now() > sliceEnd || weight > heaviestSlice) {
        await nextFrame();
        signal.throwIfAborted();
        sliceEnd = performance.now() + slice;
        weight = 0;
      }
      const batch = takeBatch(source);
      weight += weightOfText(batch.textContent ?? '');
      if (batch.childNodes.length > 0) target.appendChild(sanitised(batch));
      else {
        const large = source.removeChild(source.firstChild);
        const clean = sanitised(large.cloneNode());
        const shell = clean.firstChild;
        if (shell !== null) await insert(large, shell);
        // Only now, so that it is laid out once and not with each of its parts.
        target.appendChild(clean);
      }
    }
  };
  await insert(body, root);
}

/** After the browser has laid out what there is. A page that is not seen has no frames. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 100);
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** Takes out the next nodes that have few elements and little text in all: none where the first has too many elements. */
function takeBatch(source: Node): DocumentFragment {
  const batch = document.createDocumentFragment();
  let [elements, length] = [0, 0];
  for (let node = source.firstChild; node !== null && length < longestBatch; node = source.firstChild) {
    elements += node instanceof Element ? 1 + node.querySelectorAll('*').length : 1;
    if (elements > mostAtOnce) break;
    length += node.textContent?.length ?? 0;
    batch.appendChild(node);
  }
  return batch;
}

function sanitised(node: Node): DocumentFragment {
  return purifier.sanitize(node, { RETURN_DOM_FRAGMENT: true });
}

/** How links within a document name a heading, as most renderers of Markdown do. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}
