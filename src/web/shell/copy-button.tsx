import { useEffect, useState } from 'preact/hooks';
import { shellMessages } from './messages.ts';
import { useMessages } from './reader.ts';

type CopyProps = {
  text: string;
  /** What the button says, where that is not "Copy". */
  name?: string;
  /** What is copied, for those who hear the button without what is beside it. */
  label?: string;
  class?: string;
};

/** Copies a text, and says so for a moment. */
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

/** @returns whether it is in the clipboard now */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Browsers have no clipboard for pages that come over plain HTTP, as on a network at home. */
function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'hidden-visually';
  // What is outside of a dialog that is open takes no focus.
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
