import { useCallback, useMemo, useState } from 'preact/hooks';
import { createClient, xhrTransport } from '../../client/index.ts';
import { useMessages, useReader } from '../shell/reader.ts';
import { errorMessages } from '../shell/text/error-messages.ts';
import { AccountContext } from './account-context.ts';
import { PutputFiles } from './files/putput-files.tsx';
import { UploadkitFiles } from './files/uploadkit-files.tsx';
import { keepKey, keptKey, kindOfKey } from './keys/kept-key.ts';
import { KeyForm } from './keys/key-form.tsx';
import { accountMessages } from './messages.ts';
import { StorageAccount } from './storage-account.tsx';

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
