import createDomPurify from 'dompurify';
import { weightOfText } from '../opening/text-weight.ts';
import { allowedTags } from './markdown-tags.ts';

/** Attributes that the sanitiser must not check as URLs. */
const plainAttributes = ['title', 'align', 'start', 'class'];
/** The longest time without a pause, so that the page stays responsive (milliseconds). */
const sliceMs = 25;
/** Nodes with more elements are sanitised child by child. */
const maxBatchElements = 200;
/** A batch ends after this much text (characters). */
const maxBatchLength = 5000;
/** The maximum of text between two frames (by weight). */
const maxSliceWeight = 100_000;

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
 * Inserts sanitised HTML into an element. It pauses every 25 ms, so that the page stays responsive.
 *
 * @param html The result of `markdownHtml`: at most 20,000 elements, nested at most 100 levels deep.
 * @throws the reason of the signal if it is aborted
 */
export async function insertHtml(root: HTMLElement, html: string, signal: AbortSignal): Promise<void> {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  let sliceEnd = performance.now() + sliceMs;
  let weight = 0;
  const insert = async (source: Node, target: Node): Promise<void> => {
    while (source.firstChild !== null) {
      if (performance.now() > sliceEnd || weight > maxSliceWeight) {
        await nextFrame();
        signal.throwIfAborted();
        sliceEnd = performance.now() + sliceMs;
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
        // Appended last, so that it is laid out once, and not with each child.
        target.appendChild(clean);
      }
    }
  };
  await insert(body, root);
}

/** Resolves after the next layout. Hidden pages have no frames, so a timer resolves it too. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 100);
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** Removes and returns the next small nodes: none if the first one has too many elements. */
function takeBatch(source: Node): DocumentFragment {
  const batch = document.createDocumentFragment();
  let [elements, length] = [0, 0];
  for (let node = source.firstChild; node !== null && length < maxBatchLength; node = source.firstChild) {
    elements += node instanceof Element ? 1 + node.querySelectorAll('*').length : 1;
    if (elements > maxBatchElements) break;
    length += node.textContent?.length ?? 0;
    batch.appendChild(node);
  }
  return batch;
}

function sanitised(node: Node): DocumentFragment {
  return purifier.sanitize(node, { RETURN_DOM_FRAGMENT: true });
}

/** The name of a heading in internal links, as in most Markdown renderers. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}
