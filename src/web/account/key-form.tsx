import { useState } from 'preact/hooks';
import { useMessages } from '../shell/reader.ts';
import { kindOfKey } from './kept-key.ts';
import { accountMessages } from './messages.ts';

/** Asks for the key. @param problem What was wrong with the last one. */
export function KeyForm({ problem, onKey }: { problem: string | undefined; onKey: (key: string) => void }) {
  const texts = useMessages(accountMessages);
  const [key, setKey] = useState('');
  const [isRefused, setRefused] = useState(false);
  const told = isRefused ? texts.notAKey : problem;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = key.trim();
    if (kindOfKey(given) === undefined) return setRefused(true);
    onKey(given);
  };
  return (
    <form class="key-form" onSubmit={submit}>
      <p>{texts.intro}</p>
      <div class="row">
        <label>
          {texts.key}
          {/* No browser should offer to keep it. */}
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
            aria-invalid={told !== undefined}
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
      {told && (
        <p class="problem" role="alert">
          {told}
        </p>
      )}
      <p class="quiet-text" id="key-hints">
        {texts.keyKinds} {texts.keyStays}
      </p>
    </form>
  );
}
