import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { createClient } from '../../client/index.ts';
import { allPastes, forgetPastes, type KeptPaste } from '../kept/pastes.ts';
import { useKeptPastes } from '../kept/use-kept-pastes.ts';
import { useHref, useMessages } from '../shell/reader.ts';
import { Shortcuts } from '../shell/shortcuts.tsx';
import { useNow } from '../shell/use-now.ts';
import { pastesMessages } from './messages.ts';
import { type Asked, PasteDialogs } from './paste-dialogs.tsx';
import { nameOf, PasteRow } from './paste-row.tsx';
import { PasteTools } from './paste-tools.tsx';
import { deletionIn } from './removal.ts';
import { useReadsLeft } from './use-reads-left.ts';

/** How long one that is gone stays in the list (milliseconds). */
const goneShown = 86_400_000;
const minute = 60_000;

/** The list, in a browser. */
export function PasteList() {
  const texts = useMessages(pastesMessages);
  const hrefTo = useHref();
  const client = useMemo(() => createClient({ url: location.origin + hrefTo('') }), []);
  const pastes = useKeptPastes();
  const readsLeft = useReadsLeft(client, pastes);
  const [filter, setFilter] = useState('');
  const [asked, setAsked] = useState<Asked>();
  const [said, setSaid] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const status = useRef<HTMLParagraphElement>(null);
  const isShort = (pastes ?? []).some(({ expiresAt }) => Math.abs(expiresAt - Date.now()) < 2 * minute);
  const now = useNow(isShort ? 1000 : 10_000);
  useEffect(() => {
    const old = allPastes().filter(({ expiresAt }) => expiresAt < Date.now() - goneShown);
    if (old.length > 0) forgetPastes(old.map(({ id }) => id));
    const deletion = deletionIn(location.hash);
    if (deletion === undefined) return;
    // Neither the history nor a bookmark should have the token.
    history.replaceState(null, '', location.pathname);
    setAsked({ action: 'remove', paste: deletion });
  }, []);
  useEffect(() => {
    // What had the focus before the dialog may be gone with its row.
    if (asked === undefined && said !== '' && document.activeElement === document.body)
      status.current?.focus();
  }, [asked, said]);
  if (pastes === undefined) return null;
  const shown = pastes.filter((paste) => matches(paste, filter));
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
        <PasteTools pastes={pastes} onRemoveAll={() => setAsked({ action: 'removeAll' })} onSaid={setSaid} />
      </div>
      <p ref={status} role="status" class="said" tabIndex={-1}>
        {said}
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
                onAction={(action, paste) => setAsked({ action, paste })}
              />
            ))}
          </ul>
        </>
      )}
      {asked && (
        <PasteDialogs
          asked={asked}
          client={client}
          pastes={pastes}
          onSaid={setSaid}
          onClose={() => setAsked(undefined)}
        />
      )}
      <Shortcuts list={[{ keys: '/', text: texts.filter, run: () => field.current?.focus() }]} />
    </>
  );
}

function matches(paste: KeptPaste, filter: string): boolean {
  const wanted = filter.trim().toLowerCase();
  return [nameOf(paste), paste.type, paste.id].some((text) => text.toLowerCase().includes(wanted));
}
