import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { EntryButton } from '../../shell/controls/entry-button.tsx';
import { useMessages } from '../../shell/reader.ts';
import { Entry, type EntryProps } from '../listing/entry.tsx';
import { ListingView } from '../listing/listing-view.tsx';
import { RemovalDialog } from '../listing/removal-dialog.tsx';
import { type Load, useListing } from '../listing/use-listing.ts';
import { accountMessages } from '../messages.ts';

type FileListProps<File> = {
  load: Load<File>;
  nameOf: (file: File) => string;
  factsOf: (file: File) => EntryProps['facts'];
  /** The link or button that opens a file. */
  openerOf: (file: File) => ComponentChildren;
  remove: (file: File) => Promise<unknown>;
  /** Content above the list. */
  above?: (shown: File[]) => ComponentChildren;
};

/** The files of an account, which can be opened and deleted. */
export function FileList<File extends { id: string }>(props: FileListProps<File>) {
  const { load, nameOf, factsOf, openerOf, remove, above } = props;
  const texts = useMessages(accountMessages);
  const [toDelete, setToDelete] = useState<File>();
  const listing = useListing<File>('files', load);
  return (
    <>
      <h2>{texts.files}</h2>
      {above?.(listing.entries ?? [])}
      <ListingView listing={listing} label={texts.files}>
        {(file) => (
          <Entry key={file.id} title={nameOf(file)} facts={factsOf(file)}>
            {openerOf(file)}
            <EntryButton label={texts.removeOf(nameOf(file))} isDangerous onClick={() => setToDelete(file)}>
              {texts.remove}
            </EntryButton>
          </Entry>
        )}
      </ListingView>
      {toDelete && (
        <RemovalDialog
          name={nameOf(toDelete)}
          onRemove={async () => {
            await remove(toDelete);
            listing.change((entries) => entries.filter(({ id }) => id !== toDelete.id));
          }}
          onClose={() => setToDelete(undefined)}
        />
      )}
    </>
  );
}
