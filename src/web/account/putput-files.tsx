import { useState } from 'preact/hooks';
import type { StoredFile } from '../../client/index.ts';
import { formatBytes } from '../shell/format.ts';
import { useMessages, useReader } from '../shell/reader.ts';
import { useAccount, useDescribe } from './account-context.ts';
import { Entry } from './entry.tsx';
import { ListingView } from './listing-view.tsx';
import { accountMessages } from './messages.ts';
import { openAddress } from './open-address.ts';
import { RemovalDialog } from './removal-dialog.tsx';
import { useListing } from './use-listing.ts';
import { useMoment } from './use-moment.ts';

/** What a token of PutPut's opens: files. What its account may store the API does not tell. */
export function PutputFiles() {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const { client } = useAccount();
  const describe = useDescribe();
  const moment = useMoment();
  const [asked, setAsked] = useState<StoredFile>();
  const [problem, setProblem] = useState<string>();
  const listing = useListing<StoredFile>('files', async (cursor, signal) => {
    const page = await client.files.list({ cursor, signal });
    return { entries: page.files, cursor: page.cursor };
  });
  const open = async ({ id, original_name }: StoredFile) => {
    setProblem(undefined);
    try {
      openAddress((await client.files.downloadUrl(id)).download_url, original_name);
    } catch (error) {
      setProblem(describe(error));
    }
  };
  const { entries = [] } = listing;
  const size = entries.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
  return (
    <>
      <h2>{texts.files}</h2>
      {entries.length > 0 && (
        <p class="quiet-text">{texts.shown(entries.length, formatBytes(size, language))}</p>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <ListingView listing={listing} label={texts.files}>
        {(file) => (
          <Entry
            key={file.id}
            title={file.original_name}
            facts={[
              texts[file.visibility],
              file.content_type,
              formatBytes(file.size_bytes, language),
              texts.made(moment(file.created_at)),
              texts.downloads(file.download_count),
              file.expires_at && texts.expires(moment(file.expires_at)),
            ]}
          >
            <button
              type="button"
              class="small"
              aria-label={texts.downloadOf(file.original_name)}
              onClick={() => open(file)}
            >
              {texts.download}
            </button>
            <button
              type="button"
              class="small danger"
              aria-label={texts.removeOf(file.original_name)}
              onClick={() => setAsked(file)}
            >
              {texts.remove}
            </button>
          </Entry>
        )}
      </ListingView>
      {asked && (
        <RemovalDialog
          name={asked.original_name}
          onRemove={async () => {
            await client.files.remove(asked.id);
            listing.change((entries) => entries.filter(({ id }) => id !== asked.id));
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}
