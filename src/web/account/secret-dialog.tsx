import { CopyButton } from '../shell/controls/copy-button.tsx';
import { Dialog } from '../shell/controls/dialog.tsx';
import { useMessages } from '../shell/reader.ts';
import { accountMessages } from './messages.ts';

type SecretDialogProps = { heading: string; secret: string; onClose: () => void };

/** Shows a secret that the server returns only once. */
export function SecretDialog({ heading, secret, onClose }: SecretDialogProps) {
  const texts = useMessages(accountMessages);
  return (
    <Dialog heading={heading} onClose={onClose}>
      <p>{texts.secretOnce}</p>
      <input
        class="secret"
        type="text"
        readOnly
        value={secret}
        aria-label={heading}
        spellcheck={false}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div class="row actions">
        <button type="button" onClick={onClose}>
          {texts.close}
        </button>
        <CopyButton text={secret} class="primary" />
      </div>
    </Dialog>
  );
}
