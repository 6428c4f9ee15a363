import { useState } from 'preact/hooks';
import { ErrorMessage } from '../../shell/controls/error-message.tsx';
import { useMessages } from '../../shell/reader.ts';
import { accountMessages } from '../messages.ts';
import { kindOfKey } from './kept-key.ts';

/** Asks for the key. @param errorMessage Why the last key was rejected. */
export function KeyForm({
  errorMessage,
  onKey,
}: {
  errorMessage: string | undefined;
  onKey: (key: string) => void;
}) {
  const texts = useMessages(accountMessages);
  const [key, setKey] = useState('');
  const [isRefused, setRefused] = useState(false);
  const shownError = isRefused ? texts.notAKey : errorMessage;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const enteredKey = key.trim();
    if (kindOfKey(enteredKey) === undefined) return setRefused(true);
    onKey(enteredKey);
  };
  return (
    <form class="key-form" onSubmit={submit}>
      <p>{texts.intro}</p>
      <div class="row">
        <label>
          {texts.key}
          {/* Keeps browsers and password managers from storing the key. */}
          <input
            type="password"
            name="key"
            value={key}
            required
            autocomplete="off"
            spellcheck={false}
            data-1p-ignore
            data-lpignore="true"
            aria-describedby="key-hints"
            aria-invalid={shownError !== undefined}
            onInput={(event) => {
              setKey(event.currentTarget.value);
              setRefused(false);
            }}
          />
        </label>
        <button type="submit" class="primary">
          {texts.open}
        </button>
      </div>
      <ErrorMessage text={shownError} />
      <p class="quiet-text" id="key-hints">
        {texts.keyKinds} {texts.keyStays}
      </p>
    </form>
  );
}
