import { useState } from 'preact/hooks';
import type { UploadkitFile } from '../../client/index.ts';
import { formatBytes } from '../shell/format.ts';
import { useMessages, useReader } from '../shell/reader.ts';
import { useAccount } from './account-context.ts';
import { Entry } from './entry.tsx';
import { ListingView } from './listing-view.tsx';
import { accountMessages } from './messages.ts';
import { RemovalDialog } from './removal-dialog.tsx';
import { useListing } from './use-listing.ts';
import { useMoment } from './use-moment.ts';

/** What a key of UploadKit's opens: files, each with an address. */
export function UploadkitFiles() {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const { client } = useAccount();
  const moment = useMoment();
  const [asked, setAsked] = useState<UploadkitFile>();
  const listing = useListing<UploadkitFile>('files', async (cursor, signal) => {
    const { files, nextCursor } = await client.uploadkitFiles.list({ cursor, signal });
    return { entries: files, cursor: nextCursor };
  });
  return (
    <>
      <h2>{texts.files}</h2>
      <ListingView listing={listing} label={texts.files}>
        {(file) => (
          <Entry
            key={file.id}
            title={file.name}
            facts={[file.type, formatBytes(file.size, language), texts.made(moment(file.createdAt))]}
          >
            <a
              class="button small"
              href={file.url}
              target="_blank"
              rel="noopener noreferrer"
              aria-label={texts.openOf(file.name)}
            >
              {texts.openFile}
            </a>
            <button
              type="button"
              class="small danger"
              aria-label={texts.removeOf(file.name)}
              onClick={() => setAsked(file)}
            >
              {texts.remove}
            </button>
          </Entry>
        )}
      </ListingView>
      {asked && (
        <RemovalDialog
          name={asked.name}
          onRemove={async () => {
            await client.uploadkitFiles.remove(asked.key);
            listing.change((entries) => entries.filter(({ key }) => key !== asked.key));
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}
