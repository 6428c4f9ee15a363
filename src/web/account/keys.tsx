import { useState } from 'preact/hooks';
import type { Key } from '../../client/index.ts';
import { ConfirmDialog } from '../shell/confirm-dialog.tsx';
import { useMessages } from '../shell/reader.ts';
import { useAccount, useDescribe } from './account-context.ts';
import { CreationForm } from './creation-form.tsx';
import { Entry } from './entry.tsx';
import { ListingView } from './listing-view.tsx';
import { accountMessages } from './messages.ts';
import { OnceShown } from './once-shown.tsx';
import { useListing } from './use-listing.ts';
import { useMoment } from './use-moment.ts';

/** The keys of the account: those that there are, and a form for another. */
export function Keys() {
  const texts = useMessages(accountMessages);
  const { client, key: ownKey, say } = useAccount();
  const describe = useDescribe();
  const moment = useMoment();
  const [secret, setSecret] = useState<string>();
  const [asked, setAsked] = useState<Key>();
  const listing = useListing<Key>('keys', async (cursor, signal) => {
    const { data, nextCursor } = await client.keys.list({ cursor, signal });
    return { entries: data, cursor: nextCursor };
  });
  const create = async (fields: FormData) => {
    const { key } = await client.keys.create(String(fields.get('name')).trim() || undefined);
    setSecret(key);
    listing.reload();
  };
  const nameOf = ({ name, prefix }: Key) => name ?? prefix;
  return (
    <>
      <h2>{texts.keys}</h2>
      <ListingView listing={listing} label={texts.keys}>
        {(key) => (
          <Entry
            key={key.id}
            title={key.name ?? <span class="unnamed">{texts.unnamed}</span>}
            facts={[
              `${key.prefix}…`,
              ownKey.startsWith(key.prefix) && texts.thisKey,
              texts.made(moment(key.createdAt)),
              key.lastUsedAt === null ? texts.neverUsed : texts.lastUsed(moment(key.lastUsedAt)),
            ]}
          >
            <button
              type="button"
              class="small danger"
              aria-label={texts.revokeOf(nameOf(key))}
              onClick={() => setAsked(key)}
            >
              {texts.revoke}
            </button>
          </Entry>
        )}
      </ListingView>
      <CreationForm heading={texts.newKey} onCreate={create}>
        <label>
          {texts.keyName}
          <input name="name" maxLength={100} autocomplete="off" />
        </label>
      </CreationForm>
      {secret && <OnceShown heading={texts.newKeyIs} secret={secret} onClose={() => setSecret(undefined)} />}
      {asked && (
        <ConfirmDialog
          question={texts.revokeQuestion(nameOf(asked))}
          detail={texts.revokeDetail}
          action={texts.revoke}
          cancel={texts.cancel}
          describe={describe}
          onConfirm={async () => {
            await client.keys.revoke(asked.id);
            say(texts.revoked(nameOf(asked)));
            listing.reload();
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}
