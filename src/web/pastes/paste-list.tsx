import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { createClient } from '../../client/index.ts';
import { allPastes, forgetPastes, type KeptPaste, watchPastes } from '../kept/pastes.ts';
import { Shortcuts } from '../shell/controls/shortcuts.tsx';
import { useHref, useMessages } from '../shell/reader.ts';
import { useNow } from '../shell/use-now.ts';
import { pastesMessages } from './messages.ts';
import { type OpenDialog, PasteDialogs } from './paste-dialogs.tsx';
import { PasteRow, usePasteName } from './paste-row.tsx';
import { PasteTools } from './paste-tools.tsx';
import { deletionIn } from './removal.ts';
import { useReadsLeft } from './use-reads-left.ts';

/** How long an expired paste stays in the list (milliseconds). */
const expiredShown = 86_400_000;
const minute = 60_000;

export function PasteList() {
  const texts = useMessages(pastesMessages);
  const hrefTo = useHref();
  const client = useMemo(() => createClient({ url: location.origin + hrefTo('') }), []);
  const pastes = useKeptPastes();
  const readsLeft = useReadsLeft(client, pastes);
  const [filter, setFilter] = useState('');
  const [dialog, setDialog] = useState<OpenDialog>();
  const [announcement, setAnnouncement] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const status = useRef<HTMLParagraphElement>(null);
  const changesSoon = (pastes ?? []).some(({ expiresAt }) => Math.abs(expiresAt - Date.now()) < 2 * minute);
  const now = useNow(changesSoon ? 1000 : 10_000);
  const nameOf = usePasteName();
  useEffect(() => {
    const old = allPastes().filter(({ expiresAt }) => expiresAt < Date.now() - expiredShown);
    if (old.length > 0) forgetPastes(old.map(({ id }) => id));
    const deletion = deletionIn(location.hash);
    if (deletion === undefined) return;
    // Keep the token out of the history and of bookmarks.
    history.replaceState(null, '', location.pathname);
    setDialog({ action: 'remove', paste: deletion });
  }, []);
  useEffect(() => {
    // The element that had the focus before the dialog may have been removed with its row.
    if (dialog === undefined && announcement !== '' && document.activeElement === document.body)
      status.current?.focus();
  }, [dialog, announcement]);
  if (pastes === undefined) return null;
  const shown = pastes.filter((paste) => matches(paste, nameOf(paste), filter));
  return (
    <>
      <p class="kept-here">{texts.keptHere}</p>
      <div class="list-head">
        {pastes.length > 0 && (
          <label class="filter">
            {texts.filter}
            <input
              ref={field}
              type="search"
              value={filter}
              placeholder={texts.filterHint}
              autocomplete="off"
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
          </label>
        )}
        <PasteTools
          pastes={pastes}
          onRemoveAll={() => setDialog({ action: 'removeAll' })}
          onAnnounce={setAnnouncement}
        />
      </div>
      <p ref={status} role="status" class="said" tabIndex={-1}>
        {announcement}
      </p>
      {pastes.length === 0 ? (
        <div class="none-yet">
          <p>{texts.empty}</p>
          <a class="button primary" href={hrefTo('/')}>
            {texts.share}
          </a>
        </div>
      ) : (
        <>
          <h2 class="count" aria-live="polite">
            {shown.length === 0 ? texts.noMatch : texts.shown(shown.length)}
          </h2>
          <ul class="paste-list">
            {shown.map((paste) => (
              <PasteRow
                key={paste.id}
                paste={paste}
                now={now}
                readsLeft={readsLeft.get(paste.id)}
                onAction={(action, paste) => setDialog({ action, paste })}
              />
            ))}
          </ul>
        </>
      )}
      {dialog && (
        <PasteDialogs
          dialog={dialog}
          client={client}
          pastes={pastes}
          onAnnounce={setAnnouncement}
          onClose={() => setDialog(undefined)}
        />
      )}
      <Shortcuts list={[{ keys: '/', text: texts.filter, run: () => field.current?.focus() }]} />
    </>
  );
}

function matches({ type, id }: KeptPaste, name: string, filter: string): boolean {
  const wanted = filter.trim().toLowerCase();
  return [name, type, id].some((text) => text.toLowerCase().includes(wanted));
}

/** The pastes of this browser, newest first, updated at every change; undefined until scripts run. */
function useKeptPastes(): KeptPaste[] | undefined {
  const [pastes, setPastes] = useState<KeptPaste[]>();
  useEffect(() => {
    const read = () => setPastes(allPastes());
    read();
    return watchPastes(read);
  }, []);
  return pastes;
}
