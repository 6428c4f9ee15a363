import { useAction } from '../use-action.ts';
import { Dialog } from './dialog.tsx';
import { ErrorMessage } from './error-message.tsx';

type ConfirmProps = {
  question: string;
  detail: string;
  /** The text of the button that confirms. */
  action: string;
  cancel: string;
  /** Runs the action. If it rejects, the dialog stays open and shows the error; otherwise it closes. */
  onConfirm: () => Promise<void> | void;
  /** Returns the text that is shown for an error. */
  describe: (error: unknown) => string;
  onClose: () => void;
};

/** Asks for confirmation before an action that cannot be undone. */
export function ConfirmDialog(props: ConfirmProps) {
  const { question, detail, action, cancel, onConfirm, describe, onClose } = props;
  const { run, isBusy, errorMessage } = useAction(describe);
  const confirm = () =>
    run(async () => {
      await onConfirm();
      onClose();
    });
  return (
    <Dialog heading={question} onClose={onClose}>
      <p>{detail}</p>
      <ErrorMessage text={errorMessage} />
      <div class="row actions">
        <button type="button" onClick={onClose}>
          {cancel}
        </button>
        <button type="button" class="danger" onClick={confirm} disabled={isBusy}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
