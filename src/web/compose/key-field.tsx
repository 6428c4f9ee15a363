import { useMessages } from '../shell/reader.ts';
import { useLive } from '../shell/use-live.ts';
import { composeMessages } from './messages.ts';
import type { DraftFieldProps } from './terms-fields.tsx';

/** The payload key. The form without scripts sends it as a field. */
export function KeyField({ draft, change }: DraftFieldProps) {
  const texts = useMessages(composeMessages);
  const isLive = useLive();
  return (
    <div class="creation-key">
      <label>
        {texts.key}
        <input
          type="password"
          name="key"
          value={draft.key}
          required
          autocomplete="off"
          spellcheck={false}
          data-1p-ignore
          data-lpignore="true"
          aria-describedby="creation-key-hint"
          onInput={({ currentTarget }) => change({ key: currentTarget.value.trim() })}
        />
      </label>
      {isLive && (
        <label class="inline">
          <input
            type="checkbox"
            checked={draft.isKeyKept}
            onChange={({ currentTarget }) => change({ isKeyKept: currentTarget.checked })}
          />
          {texts.keepKey}
        </label>
      )}
      <p class="hint" id="creation-key-hint">
        {texts.keyHint}
      </p>
    </div>
  );
}
