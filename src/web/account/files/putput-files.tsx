import type { StoredFile } from '../../../client/index.ts';
import { EntryButton } from '../../shell/controls/entry-button.tsx';
import { ErrorMessage } from '../../shell/controls/error-message.tsx';
import { useMessages, useReader } from '../../shell/reader.ts';
import { formatBytes } from '../../shell/text/format.ts';
import { useAction } from '../../shell/use-action.ts';
import { useAccount, useDescribe } from '../account-context.ts';
import { accountMessages } from '../messages.ts';
import { openUrl } from '../open-url.ts';
import { useTimeFormat } from '../use-time-format.ts';
import { FileList } from './file-list.tsx';

/** The files of a PutPut account. The API does not return the quota of the account. */
export function PutputFiles() {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const { files } = useAccount().client;
  const timeText = useTimeFormat();
  const { run, errorMessage } = useAction(useDescribe());
  const open = ({ id, original_name }: StoredFile) =>
    run(async () => openUrl((await files.downloadUrl(id)).download_url, original_name));
  const sizeOf = (shown: StoredFile[]) =>
    formatBytes(
      shown.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
      language,
    );
  return (
    <FileList<StoredFile>
      load={async (cursor, signal) => {
        const page = await files.list({ cursor, signal });
        return { data: page.files, nextCursor: page.cursor };
      }}
      nameOf={(file) => file.original_name}
      factsOf={(file) => [
        texts[file.visibility],
        file.content_type,
        formatBytes(file.size_bytes, language),
        texts.created(timeText(file.created_at)),
        texts.downloads(file.download_count),
        file.expires_at && texts.expires(timeText(file.expires_at)),
      ]}
      openerOf={(file) => (
        <EntryButton label={texts.downloadOf(file.original_name)} onClick={() => open(file)}>
          {texts.download}
        </EntryButton>
      )}
      remove={({ id }) => files.remove(id)}
      above={(shown) => (
        <>
          {shown.length > 0 && <p class="quiet-text">{texts.shown(shown.length, sizeOf(shown))}</p>}
          <ErrorMessage text={errorMessage} />
        </>
      )}
    />
  );
}
