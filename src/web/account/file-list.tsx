import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useMessages } from '../shell/reader.ts';
import { Entry, type EntryProps } from './entry.tsx';
import { ListingView } from './listing-view.tsx';
import { accountMessages } from './messages.ts';
import { RemovalDialog } from './removal-dialog.tsx';
import { type Load, useListing } from './use-listing.ts';

type FileListProps<File> = {
  load: Load<File>;
  nameOf: (file: File) => string;
  factsOf: (file: File) => EntryProps['facts'];
  /** What opens a file: a link or a button. */
  openerOf: (file: File) => ComponentChildren;
  remove: (file: File) => Promise<unknown>;
  /** What is said of those that are shown. */
  above?: (shown: File[]) => ComponentChildren;
};

/** The files of an account, each of which can be opened and removed. */
export function FileList<File extends { id: string }>(props: FileListProps<File>) {
  const { load, nameOf, factsOf, openerOf, remove, above } = props;
  const texts = useMessages(accountMessages);
  const [asked, setAsked] = useState<File>();
  const listing = useListing<File>('files', load);
  return (
    <>
      <h2>{texts.files}</h2>
      {above?.(listing.entries ?? [])}
      <ListingView listing={listing} label={texts.files}>
        {(file) => (
          <Entry key={file.id} title={nameOf(file)} facts={factsOf(file)}>
            {openerOf(file)}
            <button
              type="button"
              class="small danger"
              aria-label={texts.removeOf(nameOf(file))}
              onClick={() => setAsked(file)}
            >
              {texts.remove}
            </button>
          </Entry>
        )}
      </ListingView>
      {asked && (
        <RemovalDialog
          name={nameOf(asked)}
          onRemove={async () => {
            await remove(asked);
            listing.change((entries) => entries.filter(({ id }) => id !== asked.id));
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}
