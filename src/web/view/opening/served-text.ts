import type { ViewProps } from './payload.ts';
import { weightOfText } from './text-weight.ts';

/** The id of the element with the text in the page that the server renders. */
export const servedTextId = 'served-text';

/**
 * A pointer event can make a browser lay out the whole page before the styles arrive that let it skip what is below
 * the window. So the page contains only the beginning of heavier texts, and of texts with more lines: in this layout, a
 * line break takes Chromium 2 to 8 µs, 10 to 40 times as long as a letter.
 */
const maxServedWeight = 1_200_000;
const maxServedLines = 60_000;

/** Whether the page that the server renders contains the whole text. `weight` is that of `text-weight.ts`. */
export function isServedWhole({ weight, lineCount }: { weight: number; lineCount: number }): boolean {
  return weight <= maxServedWeight && lineCount <= maxServedLines;
}

/** Characters that an HTML parser changes. Texts with them are sent as JSON too. */
const alteredByHtml = /[\r\0]/;

/** The properties for the server. Their JSON leaves out the text if the browser can read it from the page. */
export function servedPayload(payload: ViewProps): ViewProps {
  const { text } = payload;
  if (text === null || text === '' || alteredByHtml.test(text)) return payload;
  // Counts like `sourceRows`: a break at the end does not begin another line.
  let lineCount = text.endsWith('\n') ? 0 : 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineCount += 1;
  if (!isServedWhole({ weight: weightOfText(text), lineCount })) return payload;
  const data = { ...payload, text: null, isTextServed: true };
  // Not enumerable, so that only `JSON.stringify` uses it.
  return Object.defineProperty({ ...payload }, 'toJSON', { value: () => data });
}

/** The properties for the browser. Call it before the page is changed. */
export function withServedText(props: ViewProps): ViewProps {
  if (!props.isTextServed) return props;
  return { ...props, text: document.getElementById(servedTextId)?.textContent ?? '' };
}
