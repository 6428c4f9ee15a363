import { useMessages } from '../shell/reader.ts';
import { claimMessages } from './messages.ts';

export type ClaimProps = { claim: string };

/** `/login?claim=…`: a guest of PutPut's makes an account theirs. A plain form, scripts or not. */
export function ClaimPage({ claim }: ClaimProps) {
  const texts = useMessages(claimMessages);
  return (
    <section class="notice">
      <h1>{texts.title}</h1>
      <p>{texts.explanation}</p>
      <form method="post" action="/login" class="row">
        <input type="hidden" name="claim" value={claim} />
        <label>
          {texts.email}
          <input name="email" type="email" required autocomplete="email" maxLength={254} />
        </label>
        <button type="submit" class="primary">
          {texts.keep}
        </button>
      </form>
    </section>
  );
}
