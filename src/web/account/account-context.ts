import { createContext } from 'preact';
import { useCallback, useContext } from 'preact/hooks';
import { type Client, createClient, MayflyError } from '../../client/index.ts';
import { useErrorText } from '../shell/text/error-text.ts';

type AccountScope = {
  client: Client;
  /** The key itself, to mark it in the list of keys. */
  key: string;
  /** Announces in a live region what was done. */
  announce: (text: string) => void;
  /** Is called when the server rejects the key. */
  onRefused: () => void;
};

const none = {
  client: createClient({ url: '' }),
  key: '',
  announce: () => undefined,
  onRefused: () => undefined,
};

export const AccountContext = createContext<AccountScope>(none);

export function useAccount(): AccountScope {
  return useContext(AccountContext);
}

/** Returns the text for a failed request. A rejected key closes the account. */
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
