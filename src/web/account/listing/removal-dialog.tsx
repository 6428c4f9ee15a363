import { ConfirmDialog } from '../../shell/controls/confirm-dialog.tsx';
import { useMessages } from '../../shell/reader.ts';
import { useAccount, useDescribe } from '../account-context.ts';
import { accountMessages } from '../messages.ts';

type RemovalProps = {
  name: string;
  /** Deletes it on the server, and removes it from the list. */
  onRemove: () => Promise<void>;
  onClose: () => void;
};

/** Asks for confirmation before something is deleted, and announces the deletion. */
export function RemovalDialog({ name, onRemove, onClose }: RemovalProps) {
  const texts = useMessages(accountMessages);
  const { announce } = useAccount();
  const remove = async () => {
    await onRemove();
    announce(texts.removed(name));
  };
  return (
    <ConfirmDialog
      question={texts.removeQuestion(name)}
      detail={texts.removeDetail}
      action={texts.remove}
      cancel={texts.cancel}
      onConfirm={remove}
      describe={useDescribe()}
      onClose={onClose}
    />
  );
}
