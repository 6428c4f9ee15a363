import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { useMessages } from '../../shell/reader.ts';
import { isServedWhole, servedTextId } from '../served-text.ts';
import { sourceMessages } from '../source-messages.ts';
import { CodeSection } from './code-section.tsx';
import { countDirectionControls, withMarks } from './direction-controls.tsx';
import type { SourceRows } from './source-lines.ts';

/** A text as it is written, under what has to be said about it. */
export function Source({ rows, children }: { rows: SourceRows; children: ComponentChildren }) {
  const texts = useMessages(sourceMessages);
  const hasControls = useMemo(() => countDirectionControls(rows.text, 1) > 0, [rows]);
  return (
    <>
      {hasControls && <p class="notice-line">{texts.directionControls}</p>}
      {rows.isShortened && <p class="notice-line">{texts.firstLines(rows.lineCount)}</p>}
      {children}
    </>
  );
}

/** So many blocks of a text that is not wholly in the page are shown until scripts show all of it. */
const blocksAtFirst = 3;
/** A text with more direction controls has marks only once scripts show it. */
const mostMarked = 1000;

/** A text before scripts run. It takes the place that `CodeView` takes then. */
export function ServedText({ rows }: { rows: SourceRows }) {
  const { text, starts, blocks, lineCount, hasLongLines } = rows;
  const count = isServedWhole(rows) ? blocks.length - 1 : blocksAtFirst;
  const parts = Array.from({ length: count }, (_, block) =>
    text.slice(starts[blocks[block] ?? 0], starts[blocks[block + 1] ?? 0]),
  );
  const isMarked = countDirectionControls(text, mostMarked + 1) <= mostMarked;
  return (
    <CodeSection wraps={hasLongLines} hasNumbers lineCount={lineCount}>
      <pre id={servedTextId}>
        {parts.map((part, at) => (
          <span key={at} class="code-block far">
            {isMarked ? withMarks(part) : part}
          </span>
        ))}
      </pre>
    </CodeSection>
  );
}
