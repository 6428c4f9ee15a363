import { useRef } from 'preact/hooks';
import { type KeptPaste, keepPastes } from '../kept/pastes.ts';
import { useMessages, useReader } from '../shell/reader.ts';
import { exportedList, importedList } from './exported-list.ts';
import { pastesMessages } from './messages.ts';

type ToolsProps = {
  pastes: KeptPaste[];
  onRemoveAll: () => void;
  /** Announces the result to screen readers. */
  onAnnounce: (text: string) => void;
};

/** The actions on the whole list. */
export function PasteTools({ pastes, onRemoveAll, onAnnounce }: ToolsProps) {
  const texts = useMessages(pastesMessages);
  const { publicUrl } = useReader();
  const input = useRef<HTMLInputElement>(null);
  const importFile = async (file: File | undefined) => {
    if (file === undefined) return;
    const imported = importedList(await file.text(), publicUrl);
    // Without this, choosing the same file again would be no change event.
    if (input.current) input.current.value = '';
    if (imported === undefined) return onAnnounce(texts.notImported);
    const known = new Set(pastes.map(({ id }) => id));
    const added = imported.filter(({ id, expiresAt }) => !known.has(id) && expiresAt > Date.now());
    onAnnounce(keepPastes(added) ? texts.imported(added.length) : texts.notKept);
  };
  return (
    <div class="tools">
      {pastes.length > 0 && (
        <button
          type="button"
          class="small"
          onClick={() => saveAs(exportedList(pastes), 'mayfly-pastes.json')}
        >
          {texts.exportList}
        </button>
      )}
      <button type="button" class="small" onClick={() => input.current?.click()}>
        {texts.importList}
      </button>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        hidden
        aria-label={texts.importList}
        onChange={(event) => importFile(event.currentTarget.files?.[0])}
      />
      {pastes.length > 0 && (
        <button type="button" class="small danger" onClick={onRemoveAll}>
          {texts.removeAll}
        </button>
      )}
    </div>
  );
}

/** Downloads content that the page has as a file. */
function saveAs(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // Some browsers read the URL only after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
