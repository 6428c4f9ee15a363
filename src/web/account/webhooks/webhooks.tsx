import { useState } from 'preact/hooks';
import type { ObjectEvent, Webhook } from '../../../client/index.ts';
import { EntryButton } from '../../shell/controls/entry-button.tsx';
import { ErrorMessage } from '../../shell/controls/error-message.tsx';
import { useMessages } from '../../shell/reader.ts';
import { useAction } from '../../shell/use-action.ts';
import { useAccount, useDescribe } from '../account-context.ts';
import { CreationForm } from '../listing/creation-form.tsx';
import { Entry } from '../listing/entry.tsx';
import { ListingView } from '../listing/listing-view.tsx';
import { RemovalDialog } from '../listing/removal-dialog.tsx';
import { useListing } from '../listing/use-listing.ts';
import { accountMessages } from '../messages.ts';
import { SecretDialog } from '../secret-dialog.tsx';
import { fragmentOf } from '../use-fragment.ts';
import { useTimeFormat } from '../use-time-format.ts';

const events: ObjectEvent[] = ['object.created', 'object.deleted', 'object.expired', 'upload.completed'];

/** The webhooks of the account, and a form that creates one. */
export function Webhooks() {
  const texts = useMessages(accountMessages);
  const { client } = useAccount();
  const timeText = useTimeFormat();
  const [secret, setSecret] = useState<string>();
  const [toDelete, setToDelete] = useState<Webhook>();
  const { run, errorMessage } = useAction(useDescribe());
  const listing = useListing<Webhook>('webhooks', (cursor, signal) =>
    client.webhooks.list({ cursor, signal }),
  );
  const create = async (fields: FormData) => {
    const chosen = events.filter((event) => fields.has(event));
    const { signingSecret } = await client.webhooks.create(String(fields.get('url')).trim(), chosen);
    setSecret(signingSecret);
    listing.reload();
  };
  const switchTo = ({ id }: Webhook, active: boolean) =>
    run(async () => {
      const changed = await client.webhooks.update(id, { active });
      listing.change((entries) => entries.map((entry) => (entry.id === id ? changed : entry)));
    });
  return (
    <>
      <h2>{texts.webhooks}</h2>
      <ErrorMessage text={errorMessage} />
      <ListingView listing={listing} label={texts.webhooks}>
        {(webhook) => (
          <Entry
            key={webhook.id}
            title={webhook.url}
            facts={[
              webhook.active ? texts.active : texts.paused,
              webhook.events.join(', '),
              texts.created(timeText(webhook.createdAt)),
            ]}
          >
            <a
              class="button small"
              href={fragmentOf('webhooks', webhook.id)}
              aria-label={texts.deliveriesOf(webhook.url)}
            >
              {texts.deliveries}
            </a>
            <EntryButton
              label={webhook.active ? texts.pauseOf(webhook.url) : texts.resumeOf(webhook.url)}
              onClick={() => switchTo(webhook, !webhook.active)}
            >
              {webhook.active ? texts.pause : texts.resume}
            </EntryButton>
            <EntryButton label={texts.removeOf(webhook.url)} isDangerous onClick={() => setToDelete(webhook)}>
              {texts.remove}
            </EntryButton>
          </Entry>
        )}
      </ListingView>
      <CreationForm heading={texts.newWebhook} onCreate={create}>
        <label class="wide">
          {texts.webhookUrl}
          <input name="url" type="url" required placeholder="https://example.com/hook" autocomplete="off" />
        </label>
        <fieldset>
          <legend>{texts.events}</legend>
          {events.map((event) => (
            <label key={event} class="inline">
              <input type="checkbox" name={event} defaultChecked />
              {event}
            </label>
          ))}
        </fieldset>
      </CreationForm>
      {secret && (
        <SecretDialog heading={texts.newSecretIs} secret={secret} onClose={() => setSecret(undefined)} />
      )}
      {toDelete && (
        <RemovalDialog
          name={toDelete.url}
          onRemove={async () => {
            await client.webhooks.remove(toDelete.id);
            listing.change((entries) => entries.filter(({ id }) => id !== toDelete.id));
          }}
          onClose={() => setToDelete(undefined)}
        />
      )}
    </>
  );
}
