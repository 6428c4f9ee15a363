import { useState } from 'preact/hooks';

type Action = {
  /** Runs an action. If it rejects, `errorMessage` is set until the next one runs. */
  run: (action: () => Promise<void>) => Promise<void>;
  isBusy: boolean;
  errorMessage: string | undefined;
};

/** @param describe Returns the text that is shown for an error. */
export function useAction(describe: (error: unknown) => string): Action {
  const [isBusy, setBusy] = useState(false);
  const [errorMessage, setErrorMessage] = useState<string>();
  const run = async (action: () => Promise<void>) => {
    setBusy(true);
    setErrorMessage(undefined);
    try {
      await action();
    } catch (error) {
      setErrorMessage(describe(error));
    }
    setBusy(false);
  };
  return { run, isBusy, errorMessage };
}
