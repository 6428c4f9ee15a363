import { useEffect } from 'preact/hooks';
import { type KeptPaste, keepPaste } from '../kept/pastes.ts';
import { useHref, useMessages, useReader } from '../shell/reader.ts';
import { useLive } from '../shell/use-live.ts';
import { deleteCommand } from './commands.ts';
import { composeMessages } from './messages.ts';

/** What the form without scripts has shared: never sealed, since only scripts seal. */
export type SharedProps = Omit<KeptPaste, 'sealed'> & {
  /** Whether a page of this server sent the form: any other site can have one that leads here. */
  isOurForm: boolean;
};

/** The answer to the form without scripts; whoever has them after all has it kept, if it was our form. */
export function SharedByForm({ startAnew, isOurForm, ...shared }: SharedProps & { startAnew: () => void }) {
  const texts = useMessages(composeMessages);
  const { publicUrl } = useReader();
  const hrefTo = useHref();
  const isLive = useLive();
  const { id, url, name, expiresAt, maxReads, deleteToken } = shared;
  useEffect(() => {
    if (isOurForm) keepPaste({ ...shared, sealed: false });
  }, []);
  // The server does not know in what zone the reader is.
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
          <button type="button" onClick={startAnew}>
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
