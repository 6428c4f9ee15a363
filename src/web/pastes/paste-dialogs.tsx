import { type Client, MayflyError } from '../../client/index.ts';
import { forgetPaste, type KeptPaste } from '../kept/pastes.ts';
import { ConfirmDialog } from '../shell/confirm-dialog.tsx';
import { CopyButton } from '../shell/copy-button.tsx';
import { Dialog } from '../shell/dialog.tsx';
import { useErrorText } from '../shell/error-text.ts';
import { shellMessages } from '../shell/messages.ts';
import { QrCode } from '../shell/qr-code.tsx';
import { useMessages } from '../shell/reader.ts';
import { pastesMessages } from './messages.ts';
import { nameOf } from './paste-row.tsx';
import { type Deletable, removeOnServer } from './removal.ts';

/** What the reader is asked about, or shown. What is to be deleted may not be in the list. */
export type Asked =
  | { action: 'remove'; paste: Deletable }
  | { action: 'forget' | 'qr'; paste: KeptPaste }
  | { action: 'removeAll' };

type DialogsProps = {
  asked: Asked;
  client: Client;
  pastes: KeptPaste[];
  onSaid: (text: string) => void;
  onClose: () => void;
};

export function PasteDialogs({ asked, client, pastes, onSaid, onClose }: DialogsProps) {
  const texts = useMessages(pastesMessages);
  const shellTexts = useMessages(shellMessages);
  const errorText = useErrorText();
  const describe = (error: unknown) =>
    error instanceof MayflyError && error.status === 403 ? texts.refused : errorText(error);
  const common = { cancel: texts.cancel, describe, onClose };
  if (asked.action === 'removeAll') {
    const removeAll = async () => {
      const { left, reason } = await removeEach(client, pastes);
      if (left > 0) throw new LeftOver(left, describe(reason));
      onSaid(texts.removedAll);
    };
    return (
      <ConfirmDialog
        {...common}
        question={texts.removeAllQuestion(pastes.length)}
        detail={texts.removeAllDetail}
        action={texts.removeAll}
        onConfirm={removeAll}
        describe={(error) =>
          error instanceof LeftOver ? texts.someLeft(error.count, error.message) : describe(error)
        }
      />
    );
  }
  const { action, paste } = asked;
  const listed = pastes.find(({ id }) => id === paste.id);
  const name = listed ? nameOf(listed) : paste.id.slice(0, 6);
  if (action === 'remove') {
    const remove = async () => {
      await removeOnServer(client, paste);
      forgetPaste(paste.id);
      onSaid(texts.removed(name));
    };
    return (
      <ConfirmDialog
        {...common}
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
      onSaid(texts.forgotten(name));
    };
    return (
      <ConfirmDialog
        {...common}
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

/** Some could not be deleted; the message says why. */
class LeftOver extends Error {
  readonly count: number;

  constructor(count: number, reason: string) {
    super(reason);
    this.count = count;
  }
}

/** One after the other: a whole list at once would run into the server's limit. What fails stays in the list. */
async function removeEach(client: Client, pastes: KeptPaste[]): Promise<{ left: number; reason: unknown }> {
  let left = 0;
  let reason: unknown;
  for (const paste of pastes)
    try {
      if (paste.expiresAt > Date.now()) await removeOnServer(client, paste);
      forgetPaste(paste.id);
    } catch (error) {
      left += 1;
      reason = error;
      // Neither gets better with the next.
      if (error instanceof MayflyError && error.status === 429) {
        left = pastes.length - pastes.indexOf(paste);
        break;
      }
    }
  return { left, reason };
}
