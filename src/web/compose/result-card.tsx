import { useEffect, useRef, useState } from 'preact/hooks';
import { forgetPaste, type KeptPaste } from '../kept/pastes.ts';
import { CopyButton } from '../shell/controls/copy-button.tsx';
import { QrCode } from '../shell/controls/qr-code.tsx';
import { useMessages, useReader } from '../shell/reader.ts';
import { formatBytes, formatTime } from '../shell/text/format.ts';
import { pageClient } from '../uploads/client.ts';
import type { Item, Terms } from '../uploads/upload.ts';
import { shareCommand } from './commands.ts';
import { composeMessages } from './messages.ts';
import { useFailureText } from './use-failure-text.ts';

type ResultProps = {
  item: Item;
  terms: Terms;
  paste: KeptPaste;
  isKept: boolean;
  /** Whether this is the only upload. */
  isOnly: boolean;
};

/** A shared item: its link, and the actions on it. */
export function ResultCard({ item, terms, paste, isKept, isOnly }: ResultProps) {
  const texts = useMessages(composeMessages);
  const { language, publicUrl } = useReader();
  const [isDeleted, setDeleted] = useState(false);
  const [showsCode, setShowsCode] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const name = item.path || texts.theText;
  // The button that had the focus was removed.
  useEffect(() => {
    if (isDeleted) heading.current?.focus();
  }, [isDeleted]);
  if (isDeleted)
    return (
      <article class="result">
        <h2 ref={heading} tabIndex={-1}>
          {name}
        </h2>
        <p role="status">{texts.deleted}</p>
      </article>
    );
  const facts = [
    formatBytes(paste.size, language),
    texts.goneOn(formatTime(paste.expiresAt, language)),
    ...(paste.maxReads === null ? [] : [texts.readsLeft(paste.maxReads)]),
    ...(paste.sealed ? [texts.encrypted] : []),
  ];
  return (
    <article class="result">
      <h2>{name}</h2>
      <div class="link-line">
        <input
          class="link"
          readOnly
          value={paste.url}
          aria-label={texts.linkTo(name)}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
        <CopyButton class={isOnly ? 'primary' : undefined} text={paste.url} label={texts.copyLink} />
      </div>
      {!isKept && <p class="notice-line">{texts.notKept}</p>}
      <p class="hint">{facts.join(' · ')}</p>
      <div class="result-actions">
        <a class="button small" href={paste.url}>
          {texts.open}
        </a>
        <button
          type="button"
          class="small"
          aria-expanded={showsCode}
          onClick={() => setShowsCode(!showsCode)}
        >
          {texts.qrCode}
        </button>
        <DeleteButton paste={paste} whenDeleted={() => setDeleted(true)} />
      </div>
      {showsCode && <QrCode text={paste.url} label={`${texts.qrCode}: ${name}`} />}
      <details class="command">
        <summary>{texts.byCommand}</summary>
        <pre class="line">{shareCommand(item, terms, publicUrl)}</pre>
        <CopyButton text={shareCommand(item, terms, publicUrl)} label={texts.copyCommand} class="small" />
      </details>
    </article>
  );
}

/** Deletes on the server, after asking for confirmation in place. */
function DeleteButton({ paste, whenDeleted }: { paste: KeptPaste; whenDeleted: () => void }) {
  const texts = useMessages(composeMessages);
  const failureText = useFailureText();
  const reader = useReader();
  const [step, setStep] = useState<'idle' | 'asking' | 'deleting'>('idle');
  const [errorMessage, setErrorMessage] = useState('');
  const first = useRef<HTMLButtonElement>(null);
  const second = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (step === 'asking') second.current?.focus();
  }, [step]);
  const remove = async () => {
    setStep('deleting');
    try {
      await pageClient(reader).payloads.remove(paste.id, paste.deleteToken);
    } catch (error) {
      if ((error as { status?: number }).status !== 404) {
        setErrorMessage(failureText(error));
        return setStep('idle');
      }
    }
    forgetPaste(paste.id);
    whenDeleted();
  };
  const keep = () => {
    setStep('idle');
    requestAnimationFrame(() => first.current?.focus());
  };
  if (step === 'idle')
    return (
      <>
        <button type="button" ref={first} class="small danger" onClick={() => setStep('asking')}>
          {texts.remote}
        </button>
        {errorMessage && <p class="problem">{errorMessage}</p>}
      </>
    );
  return (
    <span class="question">
      <span>{texts.deleteQuestion}</span>
      <button type="button" class="small danger" ref={second} disabled={step === 'deleting'} onClick={remove}>
        {step === 'deleting' ? texts.deleting : texts.remote}
      </button>
      <button type="button" class="small" onClick={keep}>
        {texts.keep}
      </button>
    </span>
  );
}
