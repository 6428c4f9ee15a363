import { useMessages } from '../shell/reader.ts';
import { useLive } from '../shell/use-live.ts';
import { accountMessages } from './messages.ts';
import { OpenedAccount } from './opened-account.tsx';

/** `/account`: the content of an account, for users with one of its keys. */
export function AccountPage() {
  const texts = useMessages(accountMessages);
  return (
    <section class="account">
      {useLive() ? (
        <OpenedAccount />
      ) : (
        <>
          <h1>{texts.title}</h1>
          <p class="notice-line needs-script">{texts.needsScript}</p>
        </>
      )}
    </section>
  );
}
