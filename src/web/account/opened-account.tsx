import { useCallback, useMemo, useState } from 'preact/hooks';
import { createClient, xhrTransport } from '../../client/index.ts';
import { errorMessages } from '../shell/error-messages.ts';
import { useMessages, useReader } from '../shell/reader.ts';
import { AccountContext } from './account-context.ts';
import { keepKey, keptKey, kindOfKey } from './kept-key.ts';
import { KeyForm } from './key-form.tsx';
import { accountMessages } from './messages.ts';
import { PutputFiles } from './putput-files.tsx';
import { StorageAccount } from './storage-account.tsx';
import { UploadkitFiles } from './uploadkit-files.tsx';

const views = { storage: StorageAccount, putput: PutputFiles, uploadkit: UploadkitFiles };

/** The account of the key of this tab, or the form that asks for a key. */
export function OpenedAccount() {
  const texts = useMessages(accountMessages);
  const errorTexts = useMessages(errorMessages);
  const { basePath } = useReader();
  const [key, setKey] = useState(keptKey);
  const [errorMessage, setErrorMessage] = useState<string>();
  const [announcement, setAnnouncement] = useState('');
  const forget = useCallback((reason?: string) => {
    keepKey(undefined);
    setKey(undefined);
    setErrorMessage(reason);
  }, []);
  const onRefused = useCallback(() => forget(errorTexts.unauthorized), [forget, errorTexts]);
  const open = (enteredKey: string) => {
    keepKey(enteredKey);
    setKey(enteredKey);
    setErrorMessage(undefined);
    setAnnouncement('');
  };
  const client = useMemo(
    () => createClient({ url: location.origin + basePath, key, transport: xhrTransport() }),
    [key],
  );
  const scope = useMemo(
    () => ({ client, key: key ?? '', announce: setAnnouncement, onRefused }),
    [client, key, onRefused],
  );
  const kind = key === undefined ? undefined : kindOfKey(key);
  const View = kind && views[kind];
  return (
    <AccountContext.Provider value={scope}>
      <div class="account-head">
        <h1>{texts.title}</h1>
        {View && (
          <button
            type="button"
            class="small"
            onClick={() => {
              forget();
              setAnnouncement(texts.keyForgotten);
            }}
          >
            {texts.forgetKey}
          </button>
        )}
      </div>
      <p role="status" class="said">
        {announcement}
      </p>
      {View ? <View /> : <KeyForm errorMessage={errorMessage} onKey={open} />}
    </AccountContext.Provider>
  );
}
