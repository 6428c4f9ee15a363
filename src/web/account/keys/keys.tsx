import { useState } from 'preact/hooks';
import type { Key } from '../../../client/index.ts';
import { ConfirmDialog } from '../../shell/controls/confirm-dialog.tsx';
import { EntryButton } from '../../shell/controls/entry-button.tsx';
import { useMessages } from '../../shell/reader.ts';
import { useAccount, useDescribe } from '../account-context.ts';
import { CreationForm } from '../listing/creation-form.tsx';
import { Entry } from '../listing/entry.tsx';
import { ListingView } from '../listing/listing-view.tsx';
import { useListing } from '../listing/use-listing.ts';
import { accountMessages } from '../messages.ts';
import { SecretDialog } from '../secret-dialog.tsx';
import { useTimeFormat } from '../use-time-format.ts';

/** The keys of the account, and a form that creates one. */
export function Keys() {
  const texts = useMessages(accountMessages);
  const { client, key: ownKey, announce } = useAccount();
  const describe = useDescribe();
  const timeText = useTimeFormat();
  const [secret, setSecret] = useState<string>();
  const [toRevoke, setToRevoke] = useState<Key>();
  const listing = useListing<Key>('keys', (cursor, signal) => client.keys.list({ cursor, signal }));
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
              texts.created(timeText(key.createdAt)),
              key.lastUsedAt === null ? texts.neverUsed : texts.lastUsed(timeText(key.lastUsedAt)),
            ]}
          >
            <EntryButton label={texts.revokeOf(nameOf(key))} isDangerous onClick={() => setToRevoke(key)}>
              {texts.revoke}
            </EntryButton>
          </Entry>
        )}
      </ListingView>
      <CreationForm heading={texts.newKey} onCreate={create}>
        <label>
          {texts.keyName}
          <input name="name" maxLength={100} autocomplete="off" />
        </label>
      </CreationForm>
      {secret && (
        <SecretDialog heading={texts.newKeyIs} secret={secret} onClose={() => setSecret(undefined)} />
      )}
      {toRevoke && (
        <ConfirmDialog
          question={texts.revokeQuestion(nameOf(toRevoke))}
          detail={texts.revokeDetail}
          action={texts.revoke}
          cancel={texts.cancel}
          describe={describe}
          onConfirm={async () => {
            await client.keys.revoke(toRevoke.id);
            announce(texts.revoked(nameOf(toRevoke)));
            listing.reload();
          }}
          onClose={() => setToRevoke(undefined)}
        />
      )}
    </>
  );
}
