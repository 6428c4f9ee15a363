import type { ComponentChildren } from 'preact';

type EntryButtonProps = {
  /** What the button does, and to which entry, for screen readers. */
  label: string;
  isDangerous?: boolean;
  onClick: () => void;
  children: ComponentChildren;
};

/** A button that acts on one entry of a list. */
export function EntryButton({ label, isDangerous, onClick, children }: EntryButtonProps) {
  return (
    <button type="button" class={isDangerous ? 'small danger' : 'small'} aria-label={label} onClick={onClick}>
      {children}
    </button>
  );
}
