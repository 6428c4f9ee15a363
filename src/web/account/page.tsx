import { useMessages } from '../shell/reader.ts';
import { useLive } from '../shell/use-live.ts';
import { accountMessages } from './messages.ts';

/** `/account` */
export function AccountPage() {
  const texts = useMessages(accountMessages);
  return (
    <section class="account">
      <h1>{texts.title}</h1>
      {!useLive() && <p class="notice-line">{texts.needsScript}</p>}
    </section>
  );
}
