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

/** The account of the key of this tab, or the question for one. */
export function OpenedAccount() {
  const texts = useMessages(accountMessages);
  const problems = useMessages(errorMessages);
  const { basePath } = useReader();
  const [key, setKey] = useState(keptKey);
  const [problem, setProblem] = useState<string>();
  const [said, setSaid] = useState('');
  const forget = useCallback((why?: string) => {
    keepKey(undefined);
    setKey(undefined);
    setProblem(why);
  }, []);
  const onRefused = useCallback(() => forget(problems.unauthorized), [forget, problems]);
  const open = (given: string) => {
    keepKey(given);
    setKey(given);
    setProblem(undefined);
    setSaid('');
  };
  const client = useMemo(
    () => createClient({ url: location.origin + basePath, key, transport: xhrTransport() }),
    [key],
  );
  const scope = useMemo(
    () => ({ client, key: key ?? '', say: setSaid, onRefused }),
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
              setSaid(texts.keyForgotten);
            }}
          >
            {texts.forgetKey}
          </button>
        )}
      </div>
      <p role="status" class="said">
        {said}
      </p>
      {View ? <View /> : <KeyForm problem={problem} onKey={open} />}
    </AccountContext.Provider>
  );
}
