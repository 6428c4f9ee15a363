import { useEffect, useMemo, useRef } from 'preact/hooks';
import { CopyButton } from '../shell/controls/copy-button.tsx';
import { Shortcuts } from '../shell/controls/shortcuts.tsx';
import { useMessages } from '../shell/reader.ts';
import { isActive, type Upload } from '../uploads/upload.ts';
import type { UploadQueue } from '../uploads/upload-queue.ts';
import { composeMessages } from './messages.ts';
import { ResultCard } from './result-card.tsx';
import { UploadRow } from './upload-row.tsx';
import { useAnnouncement } from './use-announcement.ts';

type SharingProps = {
  uploads: Upload[];
  queue: UploadQueue;
  back: () => void;
  startOver: () => void;
};

/** The running uploads, and the results. */
export function Sharing({ uploads, queue, back, startOver }: SharingProps) {
  const texts = useMessages(composeMessages);
  const announcement = useAnnouncement(uploads);
  const section = useRef<HTMLElement>(null);
  const isBusy = uploads.some(isActive);
  const links = uploads.flatMap(({ status }) => (status.is === 'done' ? [status.paste.url] : []));
  // The button that had the focus was removed: focus the heading, and later the link.
  useEffect(() => section.current?.querySelector('h1')?.focus(), []);
  useEffect(() => {
    const focused = document.activeElement;
    // Do not move the focus if the user has moved it in the meantime.
    const isWaiting = focused === document.body || focused === section.current?.querySelector('h1');
    if (!isBusy && isWaiting) section.current?.querySelector<HTMLElement>('input.link')?.focus();
  }, [isBusy]);
  return (
    <section class="sharing" ref={section}>
      <h1 tabIndex={-1}>{isBusy ? texts.sharing : links.length === 0 ? texts.problemTitle : texts.shared}</h1>
      <p role="status" class="hidden-visually">
        {announcement}
      </p>
      {uploads.map((upload) => (
        <Entry key={upload.id} upload={upload} queue={queue} isOnly={uploads.length === 1} />
      ))}
      {!isBusy && links.length > 1 && (
        <div class="all-links">
          <h2 id="all-links">{texts.allLinks}</h2>
          <textarea
            readOnly
            rows={Math.min(8, links.length)}
            aria-labelledby="all-links"
            value={links.join('\n')}
            onFocus={({ currentTarget }) => currentTarget.select()}
          />
          <CopyButton class="primary" text={links.join('\n')} name={texts.copyAll} />
        </div>
      )}
      <div class="row">
        {!isBusy && (
          <button type="button" onClick={startOver}>
            {texts.shareAnother}
          </button>
        )}
        {!isBusy && links.length < uploads.length && (
          <button type="button" onClick={back}>
            {texts.back}
          </button>
        )}
      </div>
      <Shortcuts list={[{ keys: 'n', text: texts.shortcutAnother, run: isBusy ? undefined : startOver }]} />
    </section>
  );
}

type EntryProps = { upload: Upload; queue: UploadQueue; isOnly: boolean };

/** One upload. It renders only if it has changed: there may be thousands, and some change many times a second. */
function Entry({ upload, queue, isOnly }: EntryProps) {
  return useMemo(() => {
    const { id, item, terms, status } = upload;
    if (status.is === 'done')
      return (
        <ResultCard item={item} terms={terms} paste={status.paste} isKept={status.isKept} isOnly={isOnly} />
      );
    return (
      <UploadRow item={item} status={status} cancel={() => queue.cancel(id)} retry={() => queue.retry(id)} />
    );
  }, [upload, queue, isOnly]);
}
