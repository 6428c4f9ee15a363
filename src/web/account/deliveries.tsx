import { useEffect, useState } from 'preact/hooks';
import type { Delivery, Webhook } from '../../client/index.ts';
import { ErrorMessage } from '../shell/error-message.tsx';
import { useMessages } from '../shell/reader.ts';
import { useAccount, useDescribe } from './account-context.ts';
import { Entry } from './entry.tsx';
import { ListingView } from './listing-view.tsx';
import { accountMessages } from './messages.ts';
import { fragmentOf } from './use-fragment.ts';
import { useListing } from './use-listing.ts';
import { useTimeFormat } from './use-time-format.ts';

/** The deliveries of a webhook. */
export function Deliveries({ webhookId }: { webhookId: string }) {
  const texts = useMessages(accountMessages);
  const { client, announce } = useAccount();
  const describe = useDescribe();
  const timeText = useTimeFormat();
  const [webhook, setWebhook] = useState<Webhook>();
  const [errorMessage, setErrorMessage] = useState<string>();
  useEffect(() => {
    // The list works without the URL of the webhook, and shows the error if there is one.
    client.webhooks.get(webhookId).then(setWebhook, () => undefined);
  }, [client, webhookId]);
  const listing = useListing<Delivery>(webhookId, async (cursor, signal) => {
    const { data, nextCursor } = await client.webhooks.deliveries(webhookId, { cursor, signal });
    return { entries: data, cursor: nextCursor };
  });
  const sendAgain = async ({ id }: Delivery) => {
    setErrorMessage(undefined);
    try {
      await client.webhooks.redeliver(webhookId, id);
      listing.reload();
      announce(texts.sentAgain);
    } catch (error) {
      setErrorMessage(describe(error));
    }
  };
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
                <button
                  type="button"
                  class="small"
                  aria-label={texts.sendAgainOf(event, timeText(createdAt))}
                  onClick={() => sendAgain(delivery)}
                >
                  {texts.sendAgain}
                </button>
              )}
            </Entry>
          );
        }}
      </ListingView>
      <p class="quiet-text">{texts.deliveriesKept}</p>
    </>
  );
}
