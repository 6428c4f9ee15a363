import { useState } from 'preact/hooks';
import type { StoredFile } from '../../client/index.ts';
import { formatBytes } from '../shell/format.ts';
import { useMessages, useReader } from '../shell/reader.ts';
import { useAccount, useDescribe } from './account-context.ts';
import { FileList } from './file-list.tsx';
import { accountMessages } from './messages.ts';
import { openAddress } from './open-address.ts';
import { useMoment } from './use-moment.ts';

/** What a token of PutPut's opens: files. What its account may store the API does not tell. */
export function PutputFiles() {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const { files } = useAccount().client;
  const describe = useDescribe();
  const moment = useMoment();
  const [problem, setProblem] = useState<string>();
  const open = async ({ id, original_name }: StoredFile) => {
    setProblem(undefined);
    try {
      openAddress((await files.downloadUrl(id)).download_url, original_name);
    } catch (error) {
      setProblem(describe(error));
    }
  };
  const sizeOf = (shown: StoredFile[]) =>
    formatBytes(
      shown.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
      language,
    );
  return (
    <FileList<StoredFile>
      load={async (cursor, signal) => {
        const page = await files.list({ cursor, signal });
        return { entries: page.files, cursor: page.cursor };
      }}
      nameOf={(file) => file.original_name}
      factsOf={(file) => [
        texts[file.visibility],
        file.content_type,
        formatBytes(file.size_bytes, language),
        texts.made(moment(file.created_at)),
        texts.downloads(file.download_count),
        file.expires_at && texts.expires(moment(file.expires_at)),
      ]}
      openerOf={(file) => (
        <button
          type="button"
          class="small"
          aria-label={texts.downloadOf(file.original_name)}
          onClick={() => open(file)}
        >
          {texts.download}
        </button>
      )}
      remove={({ id }) => files.remove(id)}
      above={(shown) => (
        <>
          {shown.length > 0 && <p class="quiet-text">{texts.shown(shown.length, sizeOf(shown))}</p>}
          {problem && (
            <p class="problem" role="alert">
              {problem}
            </p>
          )}
        </>
      )}
    />
  );
}
