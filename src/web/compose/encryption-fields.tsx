import { useState } from 'preact/hooks';
import { canSeal } from '../../encryption/index.ts';
import { useMessages } from '../shell/reader.ts';
import { composeMessages } from './messages.ts';
import type { DraftFieldProps } from './terms-fields.tsx';

/** Turns encryption on and off. */
export function EncryptionSwitch({ draft, change }: DraftFieldProps) {
  const texts = useMessages(composeMessages);
  const isPossible = canSeal();
  return (
    <label class="inline encryption">
      <input
        type="checkbox"
        checked={draft.isEncrypted}
        disabled={!isPossible}
        onChange={({ currentTarget }) => change({ isEncrypted: currentTarget.checked })}
      />
      {isPossible ? texts.encrypt : texts.cannotEncrypt}
    </label>
  );
}

/** The explanation of encryption, and the optional password. */
export function PasswordField({ draft, change }: DraftFieldProps) {
  const texts = useMessages(composeMessages);
  const [isShown, setShown] = useState(false);
  const field = {
    'aria-label': texts.password,
    placeholder: texts.password,
    autoComplete: 'off',
    spellcheck: false,
    value: draft.password,
    onInput: ({ currentTarget }: InputEvent & { currentTarget: HTMLInputElement }) =>
      change({ password: currentTarget.value }),
  };
  return (
    <div class="password">
      <p class="hint">{texts.encryptHint}</p>
      {isShown ? <input type="text" {...field} /> : <input type="password" {...field} />}
      <button
        type="button"
        class="icon"
        aria-pressed={isShown}
        aria-label={texts.showPassword}
        title={texts.showPassword}
        onClick={() => setShown(!isShown)}
      >
        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
          <path d="M2 12c4-7 16-7 20 0-4 7-16 7-20 0z" fill="none" stroke="currentColor" stroke-width="2" />
          <circle cx="12" cy="12" r="3" fill="currentColor" />
        </svg>
      </button>
    </div>
  );
}
