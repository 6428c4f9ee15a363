import { useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';

type ConfirmProps = {
  question: string;
  detail: string;
  /** What the button says that does it. */
  action: string;
  cancel: string;
  /** Does it. What it rejects with is told in the dialog, which stays open; else it closes. */
  onConfirm: () => Promise<void> | void;
  /** Puts an error in words. */
  describe: (error: unknown) => string;
  onClose: () => void;
};

/** Asks before something that cannot be undone. */
export function ConfirmDialog(props: ConfirmProps) {
  const { question, detail, action, cancel, onConfirm, describe, onClose } = props;
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const confirm = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setProblem(describe(error));
      setBusy(false);
    }
  };
  return (
    <Dialog heading={question} onClose={onClose}>
      <p>{detail}</p>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
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
