import type { UploadkitFile } from '../../../client/index.ts';
import { useMessages, useReader } from '../../shell/reader.ts';
import { formatBytes } from '../../shell/text/format.ts';
import { useAccount } from '../account-context.ts';
import { accountMessages } from '../messages.ts';
import { useTimeFormat } from '../use-time-format.ts';
import { FileList } from './file-list.tsx';

/** The files of an UploadKit account, each with a URL. */
export function UploadkitFiles() {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const { uploadkitFiles } = useAccount().client;
  const timeText = useTimeFormat();
  return (
    <FileList<UploadkitFile>
      load={async (cursor, signal) => {
        const { files, nextCursor } = await uploadkitFiles.list({ cursor, signal });
        return { data: files, nextCursor };
      }}
      nameOf={(file) => file.name}
      factsOf={(file) => [
        file.type,
        formatBytes(file.size, language),
        texts.created(timeText(file.createdAt)),
      ]}
      openerOf={(file) => (
        <a
          class="button small"
          href={file.url}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={texts.openOf(file.name)}
        >
          {texts.openFile}
        </a>
      )}
      remove={({ key }) => uploadkitFiles.remove(key)}
    />
  );
}
