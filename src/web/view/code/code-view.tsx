import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useMessages } from '../../shell/reader.ts';
import { type Fragment, type LineRange, writeFragment } from '../fragment.ts';
import { viewMessages } from '../messages.ts';
import { CodeBlock, linesPerBlock } from './code-block.tsx';
import { lineStarts } from './source-lines.ts';
import type { Tokens } from './token-emitter.ts';

type CodeViewProps = {
  text: string;
  tokens: Tokens | undefined;
  wraps: boolean;
  hasNumbers: boolean;
  fragment: Fragment | undefined;
  markLines: (lines: LineRange | null) => void;
};

/** A text in lines with numbers that can be linked to: a click marks one, a click with Shift all up to it. */
export function CodeView({ text, tokens, wraps, hasNumbers, fragment, markLines }: CodeViewProps) {
  const texts = useMessages(viewMessages);
  const element = useRef<HTMLPreElement>(null);
  const starts = useMemo(() => lineStarts(text), [text]);
  const { secret = '', lines = null } = fragment ?? {};
  const marked = lines !== null && lines.first <= starts.length ? lines : null;
  useScrollToLine(element, marked);
  const isFilled = useSecondFrame();
  const hrefOf = useCallback(
    (line: number) => writeFragment({ secret, lines: { first: line, last: line } }),
    [secret],
  );

  const click = (event: MouseEvent) => {
    const number = event.target instanceof Element ? event.target.closest('.line-number') : null;
    const line = Number(number?.closest<HTMLElement>('.code-line')?.dataset.line);
    if (number === null || !(line > 0)) return;
    event.preventDefault();
    if (event.shiftKey && marked !== null) {
      getSelection()?.removeAllRanges();
      const from = line < marked.first ? marked.last : marked.first;
      markLines({ first: Math.min(from, line), last: Math.max(from, line) });
    } else markLines(marked?.first === line && marked.last === line ? null : { first: line, last: line });
  };

  const classes = ['code', wraps ? 'wraps' : '', hasNumbers ? 'numbered' : ''].filter(Boolean).join(' ');
  const firsts = Array.from(
    { length: Math.ceil(starts.length / linesPerBlock) },
    (_, at) => at * linesPerBlock,
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class={classes} tabIndex={0} aria-label={texts.text} translate={false}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the numbers in it are links, which keys click too */}
      <pre ref={element} style={{ '--digits': String(starts.length).length }} onClick={click}>
        {firsts.map((first) => (
          <CodeBlock
            key={first}
            {...{ text, starts, tokens, first, marked, isFilled, hrefOf }}
            labelOf={texts.line}
          />
        ))}
      </pre>
    </section>
  );
}

/** Shows the marked lines when the page comes or its address changes, not when the reader marks them. */
function useScrollToLine(element: { current: HTMLElement | null }, marked: LineRange | null): void {
  const first = marked?.first;
  useEffect(() => {
    if (first === undefined) return;
    const root = element.current;
    const block = root?.children[Math.floor((first - 1) / linesPerBlock)];
    if (!root || !block) return;
    const findLine = () => block.querySelector(`[data-line="${first}"]`);
    const { top = -1, bottom = 0 } = findLine()?.getBoundingClientRect() ?? {};
    if (top >= 0 && bottom <= innerHeight) return;
    // A block that is far has no lines: near by it makes them, and then has another height than it was taken for.
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
  }, [first, element]);
}

/** Whether a frame was painted. Browsers lay out in the first one even what `content-visibility` has them skip later. */
function useSecondFrame(): boolean {
  const [isSecond, setSecond] = useState(false);
  useEffect(() => {
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => setSecond(true));
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  return isSecond;
}
