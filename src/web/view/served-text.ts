import type { ViewProps } from './payload.ts';
import { weightOfText } from './text-weight.ts';

/** Under this id the page that the server makes has the text. */
export const servedTextId = 'served-text';

/**
 * A browser may have to lay out all of a page before the styles arrive that let it skip what is below the window (an
 * event of the pointer is enough). Heavier texts are not wholly in the page, nor are texts with more lines: a line
 * break takes Chromium 2 to 8 µs then, 10 to 40 times as long as a letter.
 */
const heaviestServed = 1_200_000;
const mostLinesServed = 60_000;

/** Whether the page that the server makes holds all of a text, which has a weight (`text-weight.ts`) and lines. */
export function isServedWhole({ weight, lineCount }: { weight: number; lineCount: number }): boolean {
  return weight <= heaviestServed && lineCount <= mostLinesServed;
}

/** What is not as it was when a browser has read it as HTML: such texts are sent once more, as data. */
const alteredByHtml = /[\r\0]/;

/** What the server makes the page of. As data it goes without the text, which the page shows already. */
export function servedPayload(payload: ViewProps): ViewProps {
  const { text } = payload;
  if (text === null || text === '' || alteredByHtml.test(text)) return payload;
  // As `sourceRows` counts them: a break at the end begins no other line.
  let lineCount = text.endsWith('\n') ? 0 : 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineCount += 1;
  if (!isServedWhole({ weight: weightOfText(text), lineCount })) return payload;
  const data = { ...payload, text: null, isTextServed: true };
  // It is none of the page's properties, but `JSON.stringify` asks for it.
  return Object.defineProperty({ ...payload }, 'toJSON', { value: () => data });
}

/** What the browser makes the page of, before it changes anything. */
export function withServedText(props: ViewProps): ViewProps {
  if (!props.isTextServed) return props;
  return { ...props, text: document.getElementById(servedTextId)?.textContent ?? '' };
}
