import { useEffect, useRef, useState } from 'preact/hooks';
import { hasSingleKeys, keepSingleKeys, useSingleKeys } from '../../kept/single-keys.ts';
import { useMessages } from '../reader.ts';
import { shellMessages } from '../text/messages.ts';
import { useLive } from '../use-live.ts';
import { Dialog } from './dialog.tsx';

export type Shortcut = {
  /** A value of `KeyboardEvent.key`, or a combination such as `Ctrl+Enter`; on a Mac, Cmd works as Ctrl. */
  keys: string;
  /** The description in the dialog. */
  text: string;
  /** Undefined if the shortcut is only listed. */
  run?: () => void;
};

/**
 * Handles the shortcuts of a page, and renders the button for the dialog that lists them; `?` opens it too. Single keys
 * do nothing while the user types, or when they are turned off in the dialog.
 */
export function Shortcuts({ list }: { list: Shortcut[] }) {
  const texts = useMessages(shellMessages);
  const [isOpen, setOpen] = useState(false);
  const isOn = useSingleKeys();
  const current = useRef(list);
  current.current = list;
  useEffect(() => {
    const open = { keys: '?', run: () => setOpen(true) };
    const press = (event: KeyboardEvent) => {
      // An open dialog blocks the page.
      if (event.isComposing || event.repeat || document.querySelector('dialog[open]')) return;
      const found = [open, ...current.current].find(({ keys, run }) => run && isPressed(keys, event));
      if (found === undefined) return;
      event.preventDefault();
      found.run?.();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
  if (!useLive()) return null;
  const close = () => setOpen(false);
  return (
    <>
      <button type="button" class="quiet shortcuts-open" onClick={() => setOpen(true)}>
        {texts.shortcuts} {isOn && <kbd>?</kbd>}
      </button>
      {isOpen && (
        <Dialog heading={texts.shortcuts} onClose={close}>
          <label class="inline">
            <input
              type="checkbox"
              checked={isOn}
              onChange={({ currentTarget }) => keepSingleKeys(currentTarget.checked)}
            />
            {texts.singleKeys}
          </label>
          <dl class="shortcuts">
            {[...list, { keys: '?', text: texts.shortcuts }].map(({ keys, text }) => (
              <div key={keys}>
                <dt>
                  {keys.split('+').map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{isOn || !isSingle(keys) ? text : <s>{text}</s>}</dd>
              </div>
            ))}
          </dl>
          <button type="button" onClick={close}>
            {texts.close}
          </button>
        </Dialog>
      )}
    </>
  );
}

function isSingle(keys: string): boolean {
  return !keys.includes('+');
}

function isPressed(keys: string, event: KeyboardEvent): boolean {
  if (!isSingle(keys)) return (event.ctrlKey || event.metaKey) && event.key === keys.split('+').at(-1);
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return false;
  return event.key.toLowerCase() === keys && hasSingleKeys();
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // Nobody types into checkboxes and read-only fields.
  const field = 'textarea, select, input:not([type=checkbox], [type=radio])';
  return target.isContentEditable || target.matches(`:is(${field}):not([readonly])`);
}
