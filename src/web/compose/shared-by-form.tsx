import { useEffect } from 'preact/hooks';
import { type KeptPaste, keepPaste } from '../kept/pastes.ts';
import { useHref, useMessages, useReader } from '../shell/reader.ts';
import { useLive } from '../shell/use-live.ts';
import { deleteCommand } from './commands.ts';
import { composeMessages } from './messages.ts';

/** A paste of the form without scripts. It is never encrypted, since that needs scripts. */
export type SharedProps = Omit<KeptPaste, 'sealed'> & {
  /** Whether a page of this server sent the form, and not a form of another site. */
  isOurForm: boolean;
};

/** The response to the form without scripts. If scripts run after all, the paste is stored in the list. */
export function SharedByForm({ startOver, isOurForm, ...shared }: SharedProps & { startOver: () => void }) {
  const texts = useMessages(composeMessages);
  const { publicUrl } = useReader();
  const hrefTo = useHref();
  const isLive = useLive();
  const { id, url, name, expiresAt, maxReads, deleteToken } = shared;
  useEffect(() => {
    if (isOurForm) keepPaste({ ...shared, sealed: false });
  }, []);
  // The server does not know the time zone of the reader.
  const time = new Date(expiresAt).toISOString().replace('T', ' ').slice(0, 16);
  return (
    <section class="sharing">
      <h1>{texts.shared}</h1>
      <article class="result">
        <h2>{name ?? texts.theText}</h2>
        <p class="link-text">
          <a href={url}>{url}</a>
        </p>
        <p class="hint">
          <time dateTime={new Date(expiresAt).toISOString()}>{texts.goneOn(`${time} UTC`)}</time>
          {maxReads !== null && ` · ${texts.readsLeft(maxReads)}`}
        </p>
        <h3>{texts.deleteByCommand}</h3>
        <pre class="line">{deleteCommand(id, deleteToken, publicUrl)}</pre>
      </article>
      <p>
        {isLive ? (
          <button type="button" onClick={startOver}>
            {texts.shareAnother}
          </button>
        ) : (
          <a class="button" href={hrefTo('/')}>
            {texts.shareAnother}
          </a>
        )}
      </p>
    </section>
  );
}
