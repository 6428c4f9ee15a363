import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useHref, useMessages } from '../shell/reader.ts';
import { Facts } from './facts.tsx';
import { viewMessages } from './messages.ts';
import { Gate } from './opening/gate.tsx';
import { openingMessages } from './opening/opening-messages.ts';
import { isEncryptedPayload, type ViewProps } from './opening/payload.ts';
import { withServedText } from './opening/served-text.ts';
import { useFragment } from './opening/use-fragment.ts';
import { useOpening } from './opening/use-opening.ts';
import { useRemaining } from './use-remaining.ts';
import { Viewer } from './viewer.tsx';

/** `/p/{hash_id}`. The page itself does not count as a read: the reader has to open the content. */
export function ViewPage(props: ViewProps) {
  const texts = useMessages(viewMessages);
  const hrefTo = useHref();
  const payload = useMemo(() => withServedText(props), []);
  const remaining = useRemaining(payload.expiresAt, payload.servedAt);
  return (
    <article class="view">
      {remaining > 0 ? (
        <Payload payload={payload} remaining={remaining} />
      ) : (
        <section class="notice" role="alert">
          <h1>{texts.over}</h1>
          <p>{texts.overText}</p>
          <p>
            <a href={hrefTo('/')}>{texts.newPaste}</a>
          </p>
        </section>
      )}
    </article>
  );
}

function Payload({ payload, remaining }: { payload: ViewProps; remaining: number }) {
  const texts = useMessages(openingMessages);
  const { id, createdAt, expiresAt } = payload;
  const isEncrypted = isEncryptedPayload(payload);
  const { fragment, markLines } = useFragment(isEncrypted);
  const { opening, readsLeft, open } = useOpening(payload, fragment?.secret);
  const content = opening.step === 'shown' ? opening.content : undefined;
  const { name, mediaType, size } = content ?? payload;
  useEffect(() => {
    // The name of encrypted content is encrypted too.
    if (isEncrypted && name !== null) document.title = `${name} · Mayfly`;
  }, [isEncrypted, name]);
  const heading = useRef<HTMLHeadingElement>(null);
  const hasAsked = useRef(false);
  const openOnDemand = (password?: string) => {
    hasAsked.current = true;
    open(password);
  };
  // The button that had the focus was removed: focus the heading of the content.
  useEffect(() => {
    if (hasAsked.current && document.activeElement === document.body) heading.current?.focus();
  }, [opening.step]);
  return (
    <>
      <h1 ref={heading} tabIndex={-1} dir="auto" class={name === null ? 'unnamed' : undefined}>
        {name ?? id}
      </h1>
      <Facts {...{ mediaType, size, isEncrypted, createdAt, expiresAt, remaining, readsLeft }} />
      {readsLeft === 0 && content !== undefined && (
        <p class="notice-line" role="status">
          {texts.lastRead}
        </p>
      )}
      {opening.step === 'shown' ? (
        <Viewer content={opening.content} id={id} fragment={fragment} markLines={markLines} />
      ) : (
        <Gate opening={opening} payload={{ ...payload, readsLeft }} open={openOnDemand} />
      )}
    </>
  );
}
