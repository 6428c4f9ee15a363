import { useEffect, useRef, useState } from 'preact/hooks';
import { useMessages, useReader } from '../../shell/reader.ts';
import { formatBytes } from '../../shell/text/format.ts';
import { openingMessages } from './opening-messages.ts';
import { isEncryptedPayload, type ViewProps } from './payload.ts';
import { retryable } from './raw-bytes.ts';
import type { Opening } from './use-opening.ts';

type GateProps = {
  opening: Exclude<Opening, { step: 'shown' }>;
  payload: ViewProps;
  open: (password?: string) => void;
};

/** The state of content that is not shown yet, with the button or form that opens it. */
export function Gate({ opening, payload, open }: GateProps) {
  const texts = useMessages(openingMessages);
  const { language } = useReader();
  const { raw, size, readsLeft } = payload;
  switch (opening.step) {
    case 'ask':
      return (
        <form
          class="gate"
          action={raw}
          method="get"
          onSubmit={(event) => {
            event.preventDefault();
            open();
          }}
        >
          <p>{readsLeft === null ? texts.large(formatBytes(size, language)) : texts.counted(readsLeft)}</p>
          <button type="submit" class="primary">
            {texts.open}
          </button>
        </form>
      );
    case 'waiting':
      return (
        <div class="gate">
          <p>{isEncryptedPayload(payload) ? texts.needsScript : texts.loading}</p>
          <a class="button" href={raw}>
            {isEncryptedPayload(payload) ? texts.encryptedFile : texts.open}
          </a>
        </div>
      );
    case 'busy':
      return (
        <div class="gate">
          {/* The status is announced, but not the progress, which changes ten times a second. */}
          <p id="doing" role="status">
            {opening.doing === 'loading' ? texts.loading : texts.decrypting}
          </p>
          <progress aria-labelledby="doing" value={Math.min(opening.bytes, size)} max={Math.max(1, size)} />
          <p class="quiet">
            {formatBytes(opening.bytes, language)} / {formatBytes(size, language)}
          </p>
        </div>
      );
    case 'password':
      return <PasswordForm isWrong={opening.isWrong} onUnlock={open} />;
    case 'failed':
      return (
        <div class="gate" role="alert">
          <p class="problem">{texts[opening.code]}</p>
          {retryable.has(opening.code) && (
            <button type="button" onClick={() => open()}>
              {texts.tryAgain}
            </button>
          )}
        </div>
      );
  }
}

function PasswordForm({ isWrong, onUnlock }: { isWrong: boolean; onUnlock: (password: string) => void }) {
  const texts = useMessages(openingMessages);
  const field = useRef<HTMLInputElement>(null);
  const [isShown, setShown] = useState(false);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      class="gate"
      onSubmit={(event) => {
        event.preventDefault();
        onUnlock(field.current?.value ?? '');
      }}
    >
      <p>{texts.passwordNeeded}</p>
      {isWrong && (
        <p id="wrong-password" class="problem" role="alert">
          {texts.wrongPassword}
        </p>
      )}
      <label>
        {texts.passwordLabel}
        <input
          ref={field}
          {...(isShown ? { type: 'text' as const } : { type: 'password' as const })}
          autocomplete="off"
          required
          aria-invalid={isWrong}
          aria-describedby={isWrong ? 'wrong-password' : undefined}
        />
      </label>
      <label class="inline">
        <input type="checkbox" checked={isShown} onChange={() => setShown(!isShown)} />
        {texts.showPassword}
      </label>
      <button type="submit" class="primary">
        {texts.unlock}
      </button>
    </form>
  );
}
