import { useMessages } from '../shell/reader.ts';
import { useLive } from '../shell/use-live.ts';
import { pastesMessages } from './messages.ts';

/** `/pastes` */
export function PastesPage() {
  const texts = useMessages(pastesMessages);
  return (
    <section class="pastes">
      <h1>{texts.title}</h1>
      {!useLive() && <p class="notice-line">{texts.needsScript}</p>}
    </section>
  );
}
