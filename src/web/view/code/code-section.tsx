import type { ComponentChildren } from 'preact';
import { useMessages } from '../../shell/reader.ts';
import { viewMessages } from '../messages.ts';

type CodeSectionProps = {
  wraps: boolean;
  hasNumbers: boolean;
  /** Determines the width of the column of line numbers. */
  lineCount: number;
  children: ComponentChildren;
};

/** The frame of code, which the server and the browser render in the same way. */
export function CodeSection({ wraps, hasNumbers, lineCount, children }: CodeSectionProps) {
  const texts = useMessages(viewMessages);
  const digits = `digits-${String(lineCount).length}`;
  const classes = ['code', digits, wraps && 'wraps', hasNumbers && 'numbered'].filter(Boolean).join(' ');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable elements must be reachable by keyboard
    <section class={classes} tabIndex={0} aria-label={texts.text} translate={false}>
      {children}
    </section>
  );
}
