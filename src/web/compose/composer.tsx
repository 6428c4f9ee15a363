import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { sealedSize } from '../../encryption/index.ts';
import { Shortcuts } from '../shell/controls/shortcuts.tsx';
import { useHref, useMessages, useReader } from '../shell/reader.ts';
import { formatBytes } from '../shell/text/format.ts';
import { useLive } from '../shell/use-live.ts';
import type { Item } from '../uploads/upload.ts';
import { type Draft, hasValidKey, hasValidReads, itemsOfDraft, withFiles, withFormValues } from './draft.ts';
import { EncryptionSwitch, PasswordField } from './encryption-fields.tsx';
import { ChosenFiles, FileFields } from './file-fields.tsx';
import { KeyField } from './key-field.tsx';
import { composeMessages } from './messages.ts';
import { TermsFields } from './terms-fields.tsx';
import { UnfinishedUploads } from './unfinished-uploads.tsx';

type ComposerProps = {
  maxSize: number;
  defaultTtl: number;
  maxTtl: number;
  needsKey: boolean;
  draft: Draft;
  change: (changes: Partial<Draft>) => void;
  /** How many of the files that were dropped could not be read. */
  unreadable: number;
  /** Is called with the draft and its current text. */
  share: (draft: Draft) => void;
};

/** The form. It validates the draft, and shows errors beside its button, before a byte is sent. */
export function Composer(props: ComposerProps) {
  const { maxSize, defaultTtl, maxTtl, needsKey, draft, change, unreadable, share } = props;
  const texts = useMessages(composeMessages);
  const { language } = useReader();
  const hrefTo = useHref();
  const isLive = useLive();
  const [errorMessage, setErrorMessage] = useState('');
  const form = useRef<HTMLFormElement>(null);
  // Uncontrolled: to copy a large text into the state at every key press would be slow.
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (area.current?.value === '') area.current.value = draft.text;
  }, []);
  useEffect(() => change(withFormValues(draft, form.current)), []);
  const add = (files: Item[]) => change({ files: withFiles(draft.files, files) });
  const errorOf = (written: Draft): string => {
    const limit = formatBytes(maxSize, language);
    if (needsKey && !hasValidKey(written)) return texts.badKey;
    if (itemsOfDraft(written).length === 0) return texts.empty;
    if (!hasValidReads(written)) return texts.badReads;
    const large = oversized(written, maxSize);
    if (large === undefined) return '';
    return large.name === null ? texts.textTooLarge(limit) : texts.tooLarge(large.path, limit);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const written = { ...withFormValues(draft, form.current), text: area.current?.value ?? '' };
    const found = errorOf(written);
    setErrorMessage(found);
    if (found === '') share(written);
  };
  const pressIn = (selector: string) => () => form.current?.querySelector<HTMLElement>(selector)?.click();
  const shortcuts = [
    { keys: 'Ctrl+Enter', text: texts.shortcutShare, run: () => form.current?.requestSubmit() },
    { keys: 't', text: texts.shortcutText, run: () => document.getElementById('text')?.focus() },
    { keys: 'f', text: texts.shortcutFiles, run: pressIn('.add-files') },
  ];
  return (
    <>
      <form
        ref={form}
        method="post"
        action={hrefTo('/')}
        enctype="multipart/form-data"
        noValidate
        onSubmit={submit}
      >
        <h1>{texts.heading}</h1>
        <UnfinishedUploads />
        {needsKey && <KeyField draft={draft} change={change} />}
        <div class="terms">
          <TermsFields draft={draft} change={change} defaultTtl={defaultTtl} maxTtl={maxTtl} />
          {isLive && <EncryptionSwitch draft={draft} change={change} />}
        </div>
        {draft.isEncrypted && <PasswordField draft={draft} change={change} />}
        <label class="hidden-visually" for="text">
          {texts.text}
        </label>
        <textarea
          ref={area}
          id="text"
          name="text"
          rows={14}
          spellcheck={false}
          placeholder={isLive ? texts.textHint : undefined}
        />
        <ChosenFiles
          files={draft.files}
          isEncrypted={draft.isEncrypted}
          remove={(item) => change({ files: draft.files.filter((other) => other !== item) })}
        />
        <div class="actions">
          <FileFields maxSize={maxSize} add={add} />
          <button type="submit" class="primary share" aria-keyshortcuts="Control+Enter">
            {texts.share}
          </button>
        </div>
        <div role="alert">
          {unreadable > 0 && <p class="problem">{texts.leftOut(unreadable)}</p>}
          {errorMessage && <p class="problem">{errorMessage}</p>}
        </div>
      </form>
      <Shortcuts list={shortcuts} />
    </>
  );
}

/** The first item that is larger than the limit (bytes), after encryption if that is on. */
function oversized(draft: Draft, maxSize: number): Item | undefined {
  return itemsOfDraft(draft).find((item) => uploadSize(item, draft.isEncrypted) > maxSize);
}

function uploadSize({ content, name, type }: Item, isEncrypted: boolean): number {
  return isEncrypted ? sealedSize(content.size, { name, type: type ?? defaultType }) : content.size;
}

const defaultType = 'application/octet-stream';
