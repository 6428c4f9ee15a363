import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LineRange } from '../fragment.ts';
import { whenNear } from '../when-near.ts';
import { stretchesOf } from './source-lines.ts';
import type { Tokens } from './token-emitter.ts';

/** How many lines are made at once. */
export const linesPerBlock = 200;

/** Those at the beginning are seen at once, and have their text from the first frame on. */
const linesAtOnce = 3 * linesPerBlock;

type CodeBlockProps = {
  text: string;
  starts: Uint32Array;
  tokens: Tokens | undefined;
  /** The place of its first line, from 0. */
  first: number;
  marked: LineRange | null;
  /** Whether it has its text before it comes near. */
  isFilled: boolean;
  /** The address of a line. */
  hrefOf: (line: number) => string;
  labelOf: (line: number) => string;
};

/**
 * Some lines of a text. Until they come near to the window they are one piece of text, which can be searched and costs
 * next to nothing.
 */
export function CodeBlock({
  text,
  starts,
  tokens,
  first,
  marked,
  isFilled,
  hrefOf,
  labelOf,
}: CodeBlockProps) {
  const element = useRef<HTMLSpanElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const comeNear = () => setNear(true);
    const forget = element.current ? whenNear(element.current, comeNear) : undefined;
    // On paper all of it is seen.
    addEventListener('beforeprint', comeNear);
    return () => {
      forget?.();
      removeEventListener('beforeprint', comeNear);
    };
  }, []);
  const end = Math.min(first + linesPerBlock, starts.length);
  const from = Math.max(marked?.first ?? 0, first + 1);
  const to = Math.min(marked?.last ?? -1, end);
  return useMemo(() => {
    const style = { '--lines': end - first };
    if (!isNear)
      return (
        <span ref={element} class="code-block far" style={style}>
          {(isFilled || first < linesAtOnce) && text.slice(starts[first], starts[end] ?? text.length)}
        </span>
      );
    const lines = Array.from({ length: end - first }, (_, at) => {
      const number = first + at + 1;
      const [start = 0, next = text.length] = [starts[number - 1], starts[number]];
      const isMarked = number >= from && number <= to;
      return (
        <span key={number} class={isMarked ? 'code-line marked' : 'code-line'} data-line={number}>
          <a class="line-number" href={hrefOf(number)} tabIndex={-1} aria-label={labelOf(number)}>
            {number}
          </a>
          <code>
            {stretchesOf(text, tokens, start, next).map((stretch) =>
              stretch.colour ? <span class={`code-${stretch.colour}`}>{stretch.text}</span> : stretch.text,
            )}
          </code>
        </span>
      );
    });
    return (
      <span ref={element} class="code-block" style={style}>
        {lines}
      </span>
    );
  }, [text, starts, tokens, first, from, to, isNear, isFilled, hrefOf, labelOf]);
}
