import { useState } from 'preact/hooks';
import { useDescribe } from './account-context.ts';

/** Returns a function that runs an action, and the text of its error until the next one runs. */
export function useAction(): [run: (action: () => Promise<void>) => Promise<void>, errorMessage?: string] {
  const describe = useDescribe();
  const [errorMessage, setErrorMessage] = useState<string>();
  const run = async (action: () => Promise<void>) => {
    setErrorMessage(undefined);
    try {
      await action();
    } catch (error) {
      setErrorMessage(describe(error));
    }
  };
  return [run, errorMessage];
}
