import type { ViewProps } from './payload.ts';
import { weightOfText } from './text-weight.ts';

/** Under this id the page that the server makes has the text. */
export const servedTextId = 'served-text';

/** A browser lays out all of a page in its first frame: heavier texts are not wholly in it. */
export const heaviestServed = 1_200_000;

/** What is not as it was when a browser has read it as HTML: such texts are sent once more, as data. */
const alteredByHtml = /[\r\0]/;

/** What the server makes the page of. As data it goes without the text, which the page shows already. */
export function servedPayload(payload: ViewProps): ViewProps {
  const { text } = payload;
  if (text === null || text === '' || alteredByHtml.test(text)) return payload;
  if (weightOfText(text) > heaviestServed) return payload;
  const data = { ...payload, text: null, isTextServed: true };
  // It is none of the page's properties, but `JSON.stringify` asks for it.
  return Object.defineProperty({ ...payload }, 'toJSON', { value: () => data });
}

/** What the browser makes the page of, before it changes anything. */
export function withServedText(props: ViewProps): ViewProps {
  if (!props.isTextServed) return props;
  return { ...props, text: document.getElementById(servedTextId)?.textContent ?? '' };
}
