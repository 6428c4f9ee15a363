import { useEffect, useState } from 'preact/hooks';
import type { Delivery, Webhook } from '../../../client/index.ts';
import { EntryButton } from '../../shell/controls/entry-button.tsx';
import { ErrorMessage } from '../../shell/controls/error-message.tsx';
import { useMessages } from '../../shell/reader.ts';
import { useAction } from '../../shell/use-action.ts';
import { useAccount, useDescribe } from '../account-context.ts';
import { Entry } from '../listing/entry.tsx';
import { ListingView } from '../listing/listing-view.tsx';
import { useListing } from '../listing/use-listing.ts';
import { accountMessages } from '../messages.ts';
import { fragmentOf } from '../use-fragment.ts';
import { useTimeFormat } from '../use-time-format.ts';

/** The deliveries of a webhook. */
export function Deliveries({ webhookId }: { webhookId: string }) {
  const texts = useMessages(accountMessages);
  const { client, announce } = useAccount();
  const timeText = useTimeFormat();
  const [webhook, setWebhook] = useState<Webhook>();
  const { run, errorMessage } = useAction(useDescribe());
  useEffect(() => {
    // The list works without the URL of the webhook, and shows the error if there is one.
    client.webhooks.get(webhookId).then(setWebhook, () => undefined);
  }, [client, webhookId]);
  const listing = useListing<Delivery>(webhookId, (cursor, signal) =>
    client.webhooks.deliveries(webhookId, { cursor, signal }),
  );
  const sendAgain = ({ id }: Delivery) =>
    run(async () => {
      await client.webhooks.redeliver(webhookId, id);
      listing.reload();
      announce(texts.sentAgain);
    });
  return (
    <>
      <h2>{texts.deliveriesOf(webhook?.url ?? webhookId)}</h2>
      <div class="row">
        <a href={fragmentOf('webhooks')}>{texts.allWebhooks}</a>
        <button type="button" class="small" onClick={listing.reload}>
          {texts.reload}
        </button>
      </div>
      <ErrorMessage text={errorMessage} />
      <ListingView listing={listing} label={texts.deliveries}>
        {(delivery) => {
          const { id, event, status, attempts, lastStatus, nextAttemptAt, createdAt } = delivery;
          return (
            <Entry
              key={id}
              title={
                <>
                  {event} <span class={`status ${status}`}>{texts.status[status]}</span>
                </>
              }
              facts={[
                timeText(createdAt),
                texts.attempts(attempts),
                lastStatus !== null && texts.lastStatus(lastStatus),
                nextAttemptAt && texts.nextAttempt(timeText(nextAttemptAt)),
              ]}
            >
              {status !== 'pending' && (
                <EntryButton
                  label={texts.sendAgainOf(event, timeText(createdAt))}
                  onClick={() => sendAgain(delivery)}
                >
                  {texts.sendAgain}
                </EntryButton>
              )}
            </Entry>
          );
        }}
      </ListingView>
      <p class="quiet-text">{texts.deliveriesKept}</p>
    </>
  );
}
