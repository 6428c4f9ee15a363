import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useMessages } from '../../shell/reader.ts';
import { viewMessages } from '../messages.ts';
import { type Fragment, type LineRange, writeFragment } from '../opening/fragment.ts';
import { CodeBlock } from './code-block.tsx';
import { CodeSection } from './code-section.tsx';
import { blockOfLine, type SourceRows } from './source-lines.ts';
import type { Tokens } from './token-emitter.ts';

type CodeViewProps = {
  rows: SourceRows;
  tokens: Tokens | undefined;
  wraps: boolean;
  hasNumbers: boolean;
  fragment: Fragment | undefined;
  markLines: (lines: LineRange | null) => void;
};

/** A text with line numbers, which are links. A click marks a line, and a click with Shift extends the range. */
export function CodeView({ rows, tokens, wraps, hasNumbers, fragment, markLines }: CodeViewProps) {
  const texts = useMessages(viewMessages);
  const element = useRef<HTMLPreElement>(null);
  const { secret = '', lines = null } = fragment ?? {};
  const { lineCount, blocks } = rows;
  const marked = lines !== null && lines.first <= lineCount ? lines : null;
  useScrollToLine(element, rows, marked);
  const filled = useFilledBlocks(blocks.length - 1);
  const hrefOf = useCallback(
    (line: number) => writeFragment({ secret, lines: { first: line, last: line } }),
    [secret],
  );

  const click = (event: MouseEvent) => {
    const number = event.target instanceof Element ? event.target.closest('a.line-number') : null;
    const line = Number(number?.closest<HTMLElement>('.code-line')?.dataset.line);
    if (number === null || !(line > 0)) return;
    event.preventDefault();
    if (event.shiftKey && marked !== null) {
      getSelection()?.removeAllRanges();
      const from = line < marked.first ? marked.last : marked.first;
      markLines({ first: Math.min(from, line), last: Math.max(from, line) });
    } else markLines(marked?.first === line && marked.last === line ? null : { first: line, last: line });
  };

  return (
    <CodeSection {...{ wraps, hasNumbers, lineCount }}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the numbers are links, so the keyboard clicks them too */}
      <pre ref={element} onClick={click} onCopy={copyAsWritten}>
        {Array.from({ length: blocks.length - 1 }, (_, block) => (
          <CodeBlock
            key={block}
            {...{ rows, block, tokens, marked, wraps, hrefOf }}
            isFilled={block < filled}
            labelOf={texts.line}
          />
        ))}
      </pre>
    </CodeSection>
  );
}

/** Copies a selection with its original line ends, and without breaks where a long line is cut into rows. */
function copyAsWritten(event: ClipboardEvent): void {
  const selection = getSelection();
  if (selection === null || selection.rangeCount === 0 || event.clipboardData === null) return;
  const copied = selection.getRangeAt(0).cloneContents();
  for (const number of copied.querySelectorAll('.line-number')) number.remove();
  event.clipboardData.setData('text/plain', copied.textContent ?? '');
  event.preventDefault();
}

/** Scrolls to the marked lines when the page loads or its fragment changes, not when the reader marks lines. */
function useScrollToLine(
  element: { current: HTMLElement | null },
  rows: SourceRows,
  marked: LineRange | null,
): void {
  const first = marked?.first;
  useEffect(() => {
    if (first === undefined) return;
    const block = element.current?.children[blockOfLine(rows, first)];
    if (!block) return;
    const findLine = () => block.querySelector(`[data-line="${first}"]`);
    const { top = -1, bottom = 0 } = findLine()?.getBoundingClientRect() ?? {};
    if (top >= 0 && bottom <= innerHeight) return;
    // A block renders its lines only when it is near the window, and then its height differs from the estimate.
    let [waited, settled, frame] = [0, 0, 0];
    const scroll = () => {
      const line = findLine();
      (line ?? block).scrollIntoView({ block: line === null ? 'start' : 'center' });
      if (line === null) waited += 1;
      else settled += 1;
      if (waited < 60 && settled < 5) frame = requestAnimationFrame(scroll);
    };
    scroll();
    return () => cancelAnimationFrame(frame);
  }, [first, rows, element]);
}

/** The number of blocks with their text in the first frame. */
const initialBlocks = 3;

/**
 * How many blocks have their text. The number doubles with each frame, because in the first frame browsers lay out even
 * what `content-visibility` lets them skip later.
 */
function useFilledBlocks(count: number): number {
  const [filled, setFilled] = useState(initialBlocks);
  useEffect(() => {
    let [frame, shown] = [0, initialBlocks];
    const fill = () => {
      setFilled(shown);
      if (shown < count) frame = requestAnimationFrame(fill);
      shown *= 2;
    };
    frame = requestAnimationFrame(fill);
    return () => cancelAnimationFrame(frame);
  }, [count]);
  return filled;
}
