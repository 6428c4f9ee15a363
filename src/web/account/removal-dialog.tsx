import { ConfirmDialog } from '../shell/confirm-dialog.tsx';
import { useMessages } from '../shell/reader.ts';
import { useAccount, useDescribe } from './account-context.ts';
import { accountMessages } from './messages.ts';

type RemovalProps = {
  name: string;
  /** Removes it, on the server and in the list. */
  onRemove: () => Promise<void>;
  onClose: () => void;
};

/** Asks before something is deleted, and says when it is. */
export function RemovalDialog({ name, onRemove, onClose }: RemovalProps) {
  const texts = useMessages(accountMessages);
  const { say } = useAccount();
  const remove = async () => {
    await onRemove();
    say(texts.removed(name));
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
