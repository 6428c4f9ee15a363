import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

type DialogProps = { heading: string; onClose: () => void; children: ComponentChildren };

/** A modal dialog that is open while it is rendered. Closing it returns the focus to where it was. */
export function Dialog({ heading, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isUnmounted = useRef(false);
  const id = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown?.showModal();
    return () => {
      isUnmounted.current = true;
      // Nothing outside of an open modal dialog can take the focus.
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={() => isUnmounted.current || onClose()}>
      <h2 id={id}>{heading}</h2>
      {children}
    </dialog>
  );
}
