import { useMessages } from '../shell/reader.ts';
import { useLive } from '../shell/use-live.ts';
import { pastesMessages } from './messages.ts';
import { PasteList } from './paste-list.tsx';

/** `/pastes`: what was shared from this browser. The list is stored only there. */
export function PastesPage() {
  const texts = useMessages(pastesMessages);
  return (
    <section class="pastes">
      <h1>{texts.title}</h1>
      {useLive() ? <PasteList /> : <p class="notice-line needs-script">{texts.needsScript}</p>}
    </section>
  );
}
