import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { useMessages } from '../../shell/reader.ts';
import { isServedWhole, servedTextId } from '../opening/served-text.ts';
import { sourceMessages } from '../source-messages.ts';
import { CodeSection } from './code-section.tsx';
import { countDirectionControls, withMarks } from './direction-controls.tsx';
import type { SourceRows } from './source-lines.ts';

/** A text in its source form, below the notices about it. */
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

/** The blocks of a text that the server renders if the page does not contain all of it. */
const servedBlocks = 3;
/** In a text with more direction controls, only scripts mark them. */
const maxMarked = 1000;

/** A text before scripts run, in the place of `CodeView`. */
export function ServedText({ rows }: { rows: SourceRows }) {
  const { text, starts, blocks, lineCount, hasLongLines } = rows;
  const count = isServedWhole(rows) ? blocks.length - 1 : servedBlocks;
  const parts = Array.from({ length: count }, (_, block) =>
    text.slice(starts[blocks[block] ?? 0], starts[blocks[block + 1] ?? 0]),
  );
  const isMarked = countDirectionControls(text, maxMarked + 1) <= maxMarked;
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
