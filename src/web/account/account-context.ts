import { createContext } from 'preact';
import { useCallback, useContext } from 'preact/hooks';
import { type Client, createClient, MayflyError } from '../../client/index.ts';
import { useErrorText } from '../shell/error-text.ts';

type AccountScope = {
  client: Client;
  /** The key itself, to tell which of a list it is. */
  key: string;
  /** Says in a live region what was done. */
  say: (text: string) => void;
  /** The server does not take the key any more. */
  onRefused: () => void;
};

const none = { client: createClient({ url: '' }), key: '', say: () => undefined, onRefused: () => undefined };

export const AccountContext = createContext<AccountScope>(none);

export function useAccount(): AccountScope {
  return useContext(AccountContext);
}

/** Puts in words what went wrong with a call. A key that is not taken ends the whole view. */
export function useDescribe(): (error: unknown) => string {
  const { onRefused } = useAccount();
  const errorText = useErrorText();
  return useCallback(
    (error: unknown) => {
      if (error instanceof MayflyError && error.status === 401) onRefused();
      return errorText(error);
    },
    [onRefused, errorText],
  );
}
