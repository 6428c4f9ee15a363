import { useMessages, useReader } from '../shell/reader.ts';
import { essenceOf } from '../shell/syntaxes.ts';
import { formatBytes } from '../shell/text/format.ts';
import { useLive } from '../shell/use-live.ts';
import { viewMessages } from './messages.ts';
import { formatRemaining } from './use-remaining.ts';

type FactsProps = {
  mediaType: string;
  size: number;
  isEncrypted: boolean;
  createdAt: number;
  expiresAt: number;
  /** Milliseconds. */
  remaining: number;
  readsLeft: number | null;
};

/** The metadata of a payload, in a line. */
export function Facts(props: FactsProps) {
  const { mediaType, size, isEncrypted, createdAt, expiresAt, remaining, readsLeft } = props;
  const texts = useMessages(viewMessages);
  const { language } = useReader();
  const isLive = useLive();
  // The server does not know the reader's time zone.
  const zone = isLive ? undefined : 'UTC';
  const timeOf = (time: number) =>
    new Date(time).toLocaleString(language, {
      dateStyle: 'medium',
      timeStyle: 'short',
      timeZone: zone,
    }) + (isLive ? '' : ' UTC');
  return (
    <ul class="payload-facts">
      {isEncrypted && <li class="encrypted">{texts.encrypted}</li>}
      <li>{essenceOf(mediaType)}</li>
      <li>{formatBytes(size, language)}</li>
      <li>
        <time datetime={new Date(createdAt).toISOString()}>{texts.sharedAt(timeOf(createdAt))}</time>
      </li>
      {readsLeft !== 0 && (
        <li class={remaining < 60_000 ? 'soon' : undefined}>
          <time class="expiry" datetime={new Date(expiresAt).toISOString()} title={timeOf(expiresAt)}>
            {texts.expiresIn(formatRemaining(remaining, language))}
          </time>
        </li>
      )}
      {readsLeft !== null && (
        <li class="reads">{readsLeft === 0 ? texts.noReadsLeft : texts.readsLeft(readsLeft)}</li>
      )}
    </ul>
  );
}
