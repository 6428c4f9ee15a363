import type { ComponentChildren } from 'preact';
import { useMessages } from '../../shell/reader.ts';
import { viewMessages } from '../messages.ts';

type CodeSectionProps = {
  wraps: boolean;
  hasNumbers: boolean;
  /** By which the column of the line numbers has its width. */
  lineCount: number;
  children: ComponentChildren;
};

/** What code is shown in, by the server and in the browser alike. */
export function CodeSection({ wraps, hasNumbers, lineCount, children }: CodeSectionProps) {
  const texts = useMessages(viewMessages);
  const digits = `digits-${String(lineCount).length}`;
  const classes = ['code', digits, wraps && 'wraps', hasNumbers && 'numbered'].filter(Boolean).join(' ');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class={classes} tabIndex={0} aria-label={texts.text} translate={false}>
      {children}
    </section>
  );
}
