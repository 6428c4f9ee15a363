import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

type DialogProps = { heading: string; onClose: () => void; children: ComponentChildren };

/** A dialog over the page for as long as it is rendered: the focus is kept in it, and then is where it was before. */
export function Dialog({ heading, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOver = useRef(false);
  const id = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown?.showModal();
    return () => {
      isOver.current = true;
      // While it is open nothing else takes the focus.
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={() => isOver.current || onClose()}>
      <h2 id={id}>{heading}</h2>
      {children}
    </dialog>
  );
}
