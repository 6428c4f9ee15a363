import { useEffect, useState } from 'preact/hooks';
import { keepPayloadKey, payloadKey } from '../kept/payload-key.ts';
import { useMessages } from '../shell/reader.ts';
import { isActive } from '../uploads/upload.ts';
import { useUploads } from '../uploads/use-uploads.ts';
import { Composer } from './composer.tsx';
import { type Draft, firstDraft, itemsOfDraft, nextDraft, termsOfDraft, withFiles } from './draft.ts';
import { composeMessages } from './messages.ts';
import { SharedByForm, type SharedProps } from './shared-by-form.tsx';
import { Sharing } from './sharing.tsx';
import { useDrop } from './use-drop.ts';

export type ComposeProps = {
  /** The maximum of bytes of one upload. */
  maxSize: number;
  /** Seconds. */
  defaultTtl: number;
  /** Seconds. */
  maxTtl: number;
  /** Whether creating needs a key. */
  needsKey: boolean;
  /** The paste that the form without scripts has just created. */
  shared?: SharedProps;
};

/** `/`: shares text and files. Without scripts it is a plain form. */
export function ComposePage(props: ComposeProps) {
  const texts = useMessages(composeMessages);
  const { uploads, queue } = useUploads();
  const [draft, setDraft] = useState(() => firstDraft(props.defaultTtl));
  const [shared, setShared] = useState(props.shared);
  const [unreadable, setUnreadable] = useState(0);
  const change = (changes: Partial<Draft>) => setDraft((old) => ({ ...old, ...changes }));
  useEffect(() => {
    const { key, isKept } = payloadKey();
    if (props.needsKey) change({ key, isKeyKept: isKept });
  }, []);
  const isComposing = uploads.length === 0;
  const startOver = () => {
    setShared(undefined);
    queue().clear();
    setDraft(nextDraft);
    requestAnimationFrame(() => document.getElementById('text')?.focus());
  };
  const isDragging = useDrop(({ items, unreadable: unreadableCount }) => {
    setUnreadable(unreadableCount);
    if (items.length === 0 && uploads.length > 0) return;
    if (uploads.some(isActive)) return queue().add(items, termsOfDraft(draft));
    if (!isComposing || shared) startOver();
    setDraft((old) => ({ ...old, files: withFiles(old.files, items) }));
  });
  const backToForm = () => {
    const unshared = uploads.filter(({ status }) => status.is !== 'done').map(({ item }) => item);
    queue().clear();
    change({
      // Only the text has no name.
      text: unshared.some(({ name }) => name === null) ? draft.text : '',
      files: unshared.filter(({ name }) => name !== null),
    });
  };
  return (
    <div class="compose">
      {shared && <SharedByForm {...shared} startOver={startOver} />}
      {!shared && isComposing && (
        <Composer
          {...props}
          draft={draft}
          change={change}
          unreadable={unreadable}
          share={(written) => {
            setUnreadable(0);
            setDraft(written);
            if (props.needsKey) keepPayloadKey({ key: written.key, isKept: written.isKeyKept });
            queue().add(itemsOfDraft(written), termsOfDraft(written));
          }}
        />
      )}
      {!shared && !isComposing && (
        <Sharing uploads={uploads} queue={queue()} back={backToForm} startOver={startOver} />
      )}
      {isDragging && (
        <div class="drop-here" aria-hidden="true">
          {texts.dropHere}
        </div>
      )}
    </div>
  );
}
