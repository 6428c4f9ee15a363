import { type Client, MayflyError } from '../../client/index.ts';
import { forgetPaste, type KeptPaste } from '../kept/pastes.ts';
import { ConfirmDialog } from '../shell/controls/confirm-dialog.tsx';
import { CopyButton } from '../shell/controls/copy-button.tsx';
import { Dialog } from '../shell/controls/dialog.tsx';
import { QrCode } from '../shell/controls/qr-code.tsx';
import { useMessages } from '../shell/reader.ts';
import { useErrorText } from '../shell/text/error-text.ts';
import { shellMessages } from '../shell/text/messages.ts';
import { pastesMessages } from './messages.ts';
import { usePasteName } from './paste-row.tsx';
import { type Deletable, removeOnServer } from './removal.ts';

/** The open dialog and its paste. A paste to delete may be missing from the list. */
export type OpenDialog =
  | { action: 'remove'; paste: Deletable }
  | { action: 'forget' | 'qr'; paste: KeptPaste }
  | { action: 'removeAll' };

type DialogsProps = {
  dialog: OpenDialog;
  client: Client;
  pastes: KeptPaste[];
  onAnnounce: (text: string) => void;
  onClose: () => void;
};

export function PasteDialogs({ dialog, client, pastes, onAnnounce, onClose }: DialogsProps) {
  const texts = useMessages(pastesMessages);
  const shellTexts = useMessages(shellMessages);
  const errorText = useErrorText();
  const nameOf = usePasteName();
  const describe = (error: unknown) =>
    error instanceof MayflyError && error.status === 403 ? texts.refused : errorText(error);
  const dialogProps = { cancel: texts.cancel, describe, onClose };
  if (dialog.action === 'removeAll') {
    const removeAll = async () => {
      const { failed, reason } = await removeEach(client, pastes);
      if (failed > 0) throw new RemovalError(failed, describe(reason));
      onAnnounce(texts.removedAll);
    };
    return (
      <ConfirmDialog
        {...dialogProps}
        question={texts.removeAllQuestion(pastes.length)}
        detail={texts.removeAllDetail}
        action={texts.removeAll}
        onConfirm={removeAll}
        describe={(error) =>
          error instanceof RemovalError ? texts.someLeft(error.count, error.message) : describe(error)
        }
      />
    );
  }
  const { action, paste } = dialog;
  const listed = pastes.find(({ id }) => id === paste.id);
  const name = listed ? nameOf(listed) : paste.id.slice(0, 6);
  if (action === 'remove') {
    const remove = async () => {
      await removeOnServer(client, paste);
      forgetPaste(paste.id);
      onAnnounce(texts.removed(name));
    };
    return (
      <ConfirmDialog
        {...dialogProps}
        question={texts.removeQuestion(name)}
        detail={texts.removeDetail}
        action={texts.remove}
        onConfirm={remove}
      />
    );
  }
  if (action === 'forget') {
    const forget = () => {
      forgetPaste(paste.id);
      onAnnounce(texts.forgotten(name));
    };
    return (
      <ConfirmDialog
        {...dialogProps}
        question={texts.forgetQuestion(name)}
        detail={texts.forgetDetail}
        action={texts.forget}
        onConfirm={forget}
      />
    );
  }
  return (
    <Dialog heading={name} onClose={onClose}>
      <QrCode text={paste.url} label={texts.qrLabel} />
      <div class="row actions">
        <CopyButton text={paste.url} label={texts.copyLink(name)} />
        <button type="button" onClick={onClose}>
          {shellTexts.close}
        </button>
      </div>
    </Dialog>
  );
}

/** Some pastes could not be deleted. The message has the reason. */
class RemovalError extends Error {
  readonly count: number;

  constructor(count: number, reason: string) {
    super(reason);
    this.count = count;
  }
}

/** Deletes one after the other, to stay below the rate limit. Pastes that cannot be deleted stay in the list. */
async function removeEach(client: Client, pastes: KeptPaste[]): Promise<{ failed: number; reason: unknown }> {
  let failed = 0;
  let reason: unknown;
  for (const paste of pastes)
    try {
      if (paste.expiresAt > Date.now()) await removeOnServer(client, paste);
      forgetPaste(paste.id);
    } catch (error) {
      failed += 1;
      reason = error;
      // The next call would exceed the rate limit too.
      if (error instanceof MayflyError && error.status === 429) {
        failed = pastes.length - pastes.indexOf(paste);
        break;
      }
    }
  return { failed, reason };
}
