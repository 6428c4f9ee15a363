import { useEffect, useState } from 'preact/hooks';
import { useMessages } from '../reader.ts';
import { shellMessages } from '../text/messages.ts';

type CopyProps = {
  text: string;
  /** The text of the button, if not "Copy". */
  name?: string;
  /** What the button copies, for screen readers. */
  label?: string;
  class?: string;
};

/** Copies a text, and shows the result for two seconds. */
export function CopyButton({ text, name, label, class: style }: CopyProps) {
  const texts = useMessages(shellMessages);
  const [outcome, setOutcome] = useState<'copied' | 'notCopied'>();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), 2000);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => setOutcome((await copyText(text)) ? 'copied' : 'notCopied');
  return (
    <button type="button" class={style} onClick={copy} aria-label={outcome ? undefined : label}>
      <span aria-live="polite">{outcome ? texts[outcome] : (name ?? texts.copy)}</span>
    </button>
  );
}

/** @returns whether the text was copied */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Browsers have no clipboard API on pages that are loaded over plain HTTP. */
function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'hidden-visually';
  // While a modal dialog is open, elements outside of it cannot take the focus.
  (focused?.closest('dialog') ?? document.body).append(field);
  field.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
