import type { KeptPaste } from '../kept/pastes.ts';
import { CopyButton } from '../shell/controls/copy-button.tsx';
import { EntryButton } from '../shell/controls/entry-button.tsx';
import { useMessages, useReader } from '../shell/reader.ts';
import { syntaxOf } from '../shell/syntaxes.ts';
import { formatBytes, formatSpan, formatTime } from '../shell/text/format.ts';
import { useSyntaxLabel } from '../shell/use-syntax-label.ts';
import { pastesMessages } from './messages.ts';
import { TypeIcon } from './type-icon.tsx';

/** An action of a paste that opens a dialog. */
type PasteAction = 'remove' | 'forget' | 'qr';

type RowProps = {
  paste: KeptPaste;
  /** Milliseconds since the epoch. */
  now: number;
  readsLeft: number | undefined;
  onAction: (action: PasteAction, paste: KeptPaste) => void;
};

/** Returns a function for the name of a paste, or else its type and the beginning of its id. */
export function usePasteName(): (paste: KeptPaste) => string {
  const labelOf = useSyntaxLabel();
  return ({ name, type, id }) => {
    const syntax = syntaxOf(type);
    return name ?? `${syntax === undefined ? type : labelOf(syntax)} ${id.slice(0, 6)}`;
  };
}

export function PasteRow({ paste, now, readsLeft, onAction }: RowProps) {
  const texts = useMessages(pastesMessages);
  const { language } = useReader();
  const { url, type, size, createdAt, expiresAt, maxReads, sealed } = paste;
  const name = usePasteName()(paste);
  const isGone = expiresAt <= now;
  return (
    <li class={isGone ? 'paste gone' : 'paste'}>
      <TypeIcon type={type} />
      <div class="what">
        {isGone ? (
          <span class="name">{name}</span>
        ) : (
          <a class="name" href={url}>
            {name}
          </a>
        )}
        <ul class="facts">
          {sealed && <li class="sealed">{texts.encrypted}</li>}
          <li>{type.split(';')[0]}</li>
          <li>{formatBytes(size, language)}</li>
          <li>
            <time dateTime={new Date(createdAt).toISOString()}>
              {texts.created(formatTime(createdAt, language))}
            </time>
          </li>
          {maxReads !== null && !isGone && (
            <li>{readsLeft === undefined ? texts.reads(maxReads) : texts.readsLeft(readsLeft)}</li>
          )}
        </ul>
      </div>
      <time class="left" dateTime={new Date(expiresAt).toISOString()}>
        {isGone ? texts.gone : texts.left(formatSpan(Math.floor((expiresAt - now) / 1000), language))}
      </time>
      <div class="does">
        {!isGone && (
          <>
            <CopyButton text={url} label={texts.copyLink(name)} class="small" />
            <EntryButton label={texts.qrOf(name)} onClick={() => onAction('qr', paste)}>
              {texts.qr}
            </EntryButton>
            <EntryButton label={texts.removeOf(name)} isDangerous onClick={() => onAction('remove', paste)}>
              {texts.remove}
            </EntryButton>
          </>
        )}
        <EntryButton label={texts.forgetOf(name)} onClick={() => onAction('forget', paste)}>
          {texts.forget}
        </EntryButton>
      </div>
    </li>
  );
}
