import { useState } from 'preact/hooks';
import type { StoredObject } from '../../../client/index.ts';
import { EntryButton } from '../../shell/controls/entry-button.tsx';
import { ErrorMessage } from '../../shell/controls/error-message.tsx';
import { useMessages, useReader } from '../../shell/reader.ts';
import { formatBytes } from '../../shell/text/format.ts';
import { useAction } from '../../shell/use-action.ts';
import { useAccount, useDescribe } from '../account-context.ts';
import { Breadcrumb } from '../breadcrumb.tsx';
import { Entry } from '../listing/entry.tsx';
import { ListingView } from '../listing/listing-view.tsx';
import { RemovalDialog } from '../listing/removal-dialog.tsx';
import { useListing } from '../listing/use-listing.ts';
import { accountMessages } from '../messages.ts';
import { openUrl } from '../open-url.ts';
import { fragmentOf } from '../use-fragment.ts';
import { useTimeFormat } from '../use-time-format.ts';
import { UploadIntoBucket } from './upload-into-bucket.tsx';

/** How long the signed URL of a download is valid (seconds). */
const signedUrlTtl = 300;

/** The objects of a bucket in folders, which are the common prefixes of keys up to a slash. */
export function Objects({ bucket, prefix }: { bucket: string; prefix: string }) {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const { client } = useAccount();
  const timeText = useTimeFormat();
  const [toDelete, setToDelete] = useState<StoredObject>();
  const { run, errorMessage } = useAction(useDescribe());
  const of = `${bucket}/${prefix}`;
  const [folders, setFolders] = useState<{ of: string; names: string[] }>({ of, names: [] });
  const listing = useListing<StoredObject>(of, async (cursor, signal) => {
    const options = { prefix, delimiter: '/', cursor, signal };
    const { data, nextCursor, commonPrefixes = [] } = await client.objects.list(bucket, options);
    setFolders((old) => {
      const known = cursor !== undefined && old.of === of ? old.names : [];
      return { of, names: [...new Set([...known, ...commonPrefixes])] };
    });
    return { data, nextCursor };
  });
  const shownFolders = folders.of === of ? folders.names : [];
  const download = ({ key }: StoredObject) =>
    run(async () => {
      const { url } = await client.buckets.sign(bucket, key, { method: 'GET', expiresIn: signedUrlTtl });
      openUrl(url, shortName(key, prefix));
    });
  return (
    <>
      <h2>{bucket}</h2>
      <Breadcrumb bucket={bucket} prefix={prefix} />
      <ErrorMessage text={errorMessage} />
      <ListingView
        listing={listing}
        label={texts.objects(listing.entries?.length ?? 0)}
        hasBefore={shownFolders.length > 0}
        before={shownFolders.map((folder) => (
          <Entry
            key={folder}
            title={<a href={fragmentOf('buckets', bucket, folder)}>{shortName(folder, prefix)}</a>}
            facts={[texts.folder]}
          />
        ))}
      >
        {(object) => {
          const name = shortName(object.key, prefix);
          return (
            <Entry
              key={object.key}
              title={name}
              facts={[
                object.contentType,
                formatBytes(object.size, language),
                texts.created(timeText(object.createdAt)),
                object.expiresAt && texts.expires(timeText(object.expiresAt)),
              ]}
            >
              <EntryButton label={texts.downloadOf(name)} onClick={() => download(object)}>
                {texts.download}
              </EntryButton>
              <EntryButton label={texts.removeOf(name)} isDangerous onClick={() => setToDelete(object)}>
                {texts.remove}
              </EntryButton>
            </Entry>
          );
        }}
      </ListingView>
      <UploadIntoBucket bucket={bucket} prefix={prefix} onUploaded={listing.reload} />
      {toDelete && (
        <RemovalDialog
          name={shortName(toDelete.key, prefix)}
          onRemove={async () => {
            await client.objects.remove(bucket, toDelete.key);
            listing.change((entries) => entries.filter(({ key }) => key !== toDelete.key));
          }}
          onClose={() => setToDelete(undefined)}
        />
      )}
    </>
  );
}

/** A key without the prefix of its folder. */
function shortName(key: string, prefix: string): string {
  return key.startsWith(prefix) && key !== prefix ? key.slice(prefix.length) : key;
}
