import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LineRange } from '../opening/fragment.ts';
import { whenNear } from '../when-near.ts';
import { withMarks } from './direction-controls.tsx';
import { estimatedHeight, type SourceRows, stretchesOf } from './source-lines.ts';
import type { Tokens } from './token-emitter.ts';

type CodeBlockProps = {
  rows: SourceRows;
  block: number;
  tokens: Tokens | undefined;
  marked: LineRange | null;
  wraps: boolean;
  /** Whether the block has its text before it is near the window. */
  isFilled: boolean;
  /** The link to a line. */
  hrefOf: (line: number) => string;
  labelOf: (line: number) => string;
};

/**
 * A block of rows. Until it is near the window it is one text node, which can be searched and is cheap.
 */
export function CodeBlock(props: CodeBlockProps) {
  const { rows, block, tokens, marked, wraps, isFilled, hrefOf, labelOf } = props;
  const element = useRef<HTMLSpanElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const showRows = () => setNear(true);
    const stop = element.current ? whenNear(element.current, showRows) : undefined;
    // Printing shows all of the text.
    addEventListener('beforeprint', showRows);
    return () => {
      stop?.();
      removeEventListener('beforeprint', showRows);
    };
  }, []);
  const { text, starts, lines, blocks } = rows;
  const [first = 0, end = 0] = blocks.subarray(block, block + 2);
  const from = Math.max(marked?.first ?? 0, lines[first] ?? 0);
  const to = Math.min(marked?.last ?? -1, lines[end - 1] ?? 0);
  return useMemo(() => {
    const style = { '--lines': estimatedHeight(rows, block, wraps) };
    if (!isNear)
      return (
        <span ref={element} class="code-block far" style={style}>
          {isFilled && text.slice(starts[first], starts[end])}
        </span>
      );
    const lineElements = Array.from({ length: end - first }, (_, at) => {
      const row = first + at;
      const number = lines[row] ?? 0;
      const isMarked = number >= from && number <= to;
      return (
        <span key={row} class={isMarked ? 'code-line marked' : 'code-line'} data-line={number}>
          {row > 0 && lines[row - 1] === number ? (
            <span class="line-number" />
          ) : (
            <a class="line-number" href={hrefOf(number)} tabIndex={-1} aria-label={labelOf(number)}>
              {number}
            </a>
          )}
          <code>
            {stretchesOf(text, tokens, starts[row] ?? 0, starts[row + 1] ?? 0).map((stretch) =>
              stretch.colour ? (
                <span class={`code-${stretch.colour}`}>{withMarks(stretch.text)}</span>
              ) : (
                withMarks(stretch.text)
              ),
            )}
          </code>
        </span>
      );
    });
    return (
      <span ref={element} class="code-block" style={style}>
        {lineElements}
      </span>
    );
  }, [rows, block, tokens, from, to, wraps, isNear, isFilled, hrefOf, labelOf]);
}
