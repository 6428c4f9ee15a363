import { useHref, useMessages } from '../shell/reader.ts';
import { claimMessages } from './messages.ts';

export type ClaimProps =
  | { state: 'form'; claim: string; isEmailRefused: boolean }
  | { state: 'done' }
  | { state: 'failed'; reason: string };

/**
 * `/login?claim=…`: a guest of PutPut claims the account. The URL contains a secret, so the page runs no script: it has
 * no entry.
 */
export function ClaimPage(props: ClaimProps) {
  const texts = useMessages(claimMessages);
  const hrefTo = useHref();
  if (props.state === 'done')
    return (
      <section class="claim">
        <h1>{texts.doneTitle}</h1>
        <p>{texts.done}</p>
        <p>{texts.useIt}</p>
        <p>
          <a class="button primary" href={hrefTo('/account')}>
            {texts.seeFiles}
          </a>
        </p>
      </section>
    );
  if (props.state === 'failed')
    return (
      <section class="claim">
        <h1>{texts.failedTitle}</h1>
        <p>{props.reason}</p>
      </section>
    );
  return (
    <section class="claim">
      <h1>{texts.title}</h1>
      <p>{texts.explanation}</p>
      <form method="post" action={hrefTo('/login')}>
        <input type="hidden" name="claim" value={props.claim} />
        <label>
          {texts.email}
          <input
            name="email"
            type="email"
            required
            autocomplete="email"
            maxLength={254}
            aria-invalid={props.isEmailRefused}
            aria-describedby={props.isEmailRefused ? 'email-problem' : 'email-use'}
          />
        </label>
        {props.isEmailRefused && (
          <p id="email-problem" class="problem" role="alert">
            {texts.emailRefused}
          </p>
        )}
        <button type="submit" class="primary">
          {texts.keep}
        </button>
        <p id="email-use" class="hint">
          {texts.emailUse}
        </p>
      </form>
    </section>
  );
}
