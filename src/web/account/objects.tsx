import { useState } from 'preact/hooks';
import type { StoredObject } from '../../client/index.ts';
import { formatBytes } from '../shell/format.ts';
import { useMessages, useReader } from '../shell/reader.ts';
import { useAccount, useDescribe } from './account-context.ts';
import { Entry } from './entry.tsx';
import { ListingView } from './listing-view.tsx';
import { accountMessages } from './messages.ts';
import { openAddress } from './open-address.ts';
import { RemovalDialog } from './removal-dialog.tsx';
import { UploadIntoBucket } from './upload-into-bucket.tsx';
import { fragmentOf } from './use-fragment.ts';
import { useListing } from './use-listing.ts';
import { useMoment } from './use-moment.ts';
import { WherePath } from './where-path.tsx';

/** How long an address lasts that is made for one click (seconds). */
const clickLasts = 300;

/** The objects of a bucket, by folders: what keys have in common up to a slash. */
export function Objects({ bucket, prefix }: { bucket: string; prefix: string }) {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const { client } = useAccount();
  const describe = useDescribe();
  const moment = useMoment();
  const [asked, setAsked] = useState<StoredObject>();
  const [problem, setProblem] = useState<string>();
  const of = `${bucket}/${prefix}`;
  const [folders, setFolders] = useState<{ of: string; names: string[] }>({ of, names: [] });
  const listing = useListing<StoredObject>(of, async (cursor, signal) => {
    const options = { prefix, delimiter: '/', cursor, signal };
    const { data, nextCursor, commonPrefixes = [] } = await client.objects.list(bucket, options);
    setFolders((old) => {
      const known = cursor !== undefined && old.of === of ? old.names : [];
      return { of, names: [...new Set([...known, ...commonPrefixes])] };
    });
    return { entries: data, cursor: nextCursor };
  });
  const shownFolders = folders.of === of ? folders.names : [];
  const download = async ({ key }: StoredObject) => {
    setProblem(undefined);
    try {
      const { url } = await client.buckets.sign(bucket, key, { method: 'GET', expiresIn: clickLasts });
      openAddress(url, shortName(key, prefix));
    } catch (error) {
      setProblem(describe(error));
    }
  };
  return (
    <>
      <h2>{bucket}</h2>
      <WherePath bucket={bucket} prefix={prefix} />
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
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
                texts.made(moment(object.updatedAt)),
                object.expiresAt && texts.expires(moment(object.expiresAt)),
              ]}
            >
              <button
                type="button"
                class="small"
                aria-label={texts.downloadOf(name)}
                onClick={() => download(object)}
              >
                {texts.download}
              </button>
              <button
                type="button"
                class="small danger"
                aria-label={texts.removeOf(name)}
                onClick={() => setAsked(object)}
              >
                {texts.remove}
              </button>
            </Entry>
          );
        }}
      </ListingView>
      <UploadIntoBucket bucket={bucket} prefix={prefix} onUploaded={listing.reload} />
      {asked && (
        <RemovalDialog
          name={shortName(asked.key, prefix)}
          onRemove={async () => {
            await client.objects.remove(bucket, asked.key);
            listing.change((entries) => entries.filter(({ key }) => key !== asked.key));
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}

/** A key as it is called within a folder. */
function shortName(key: string, prefix: string): string {
  return key.startsWith(prefix) && key !== prefix ? key.slice(prefix.length) : key;
}
