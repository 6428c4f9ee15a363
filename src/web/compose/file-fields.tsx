import { useRef } from 'preact/hooks';
import { bytesArrived, type KeptUpload, uploadOf } from '../kept/uploads.ts';
import { useIdleUploads } from '../kept/use-idle-uploads.ts';
import { useMessages, useReader } from '../shell/reader.ts';
import { formatBytes, formatPercent } from '../shell/text/format.ts';
import { useLive } from '../shell/use-live.ts';
import { fileItem } from '../uploads/file-item.ts';
import type { Item } from '../uploads/upload.ts';
import { fingerprint } from './draft.ts';
import { composeMessages } from './messages.ts';

type FileFieldsProps = { maxSize: number; add: (items: Item[]) => void };

/** The buttons that choose files and folders. Without scripts it is one field for one file. */
export function FileFields({ maxSize, add }: FileFieldsProps) {
  const texts = useMessages(composeMessages);
  const { language } = useReader();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const isLive = useLive();
  const addFrom = (input: HTMLInputElement) => {
    add([...(input.files ?? [])].map((file) => fileItem(file)));
    // Without this, choosing the same file again would be no change event.
    input.value = '';
  };
  const limit = <span class="hint">{texts.sizeLimit(formatBytes(maxSize, language))}</span>;
  if (!isLive)
    return (
      <label class="plain-file">
        {texts.file}
        <input type="file" name="file" />
        {limit}
      </label>
    );
  return (
    <div class="file-fields">
      <input
        ref={files}
        type="file"
        multiple
        hidden
        onChange={({ currentTarget }) => addFrom(currentTarget)}
      />
      <input
        ref={(input) => {
          folder.current = input;
          if (input) input.webkitdirectory = true;
        }}
        type="file"
        hidden
        onChange={({ currentTarget }) => addFrom(currentTarget)}
      />
      <button type="button" class="add-files" onClick={() => files.current?.click()}>
        {texts.chooseFiles}
      </button>
      <button type="button" class="add-folder" onClick={() => folder.current?.click()}>
        {texts.chooseFolder}
      </button>
      {limit}
    </div>
  );
}

type ChosenProps = { files: Item[]; isEncrypted: boolean; remove: (item: Item) => void };

/** The chosen files. */
export function ChosenFiles({ files, isEncrypted, remove }: ChosenProps) {
  const texts = useMessages(composeMessages);
  const { language } = useReader();
  const unfinished = useIdleUploads();
  if (files.length === 0) return null;
  return (
    <ul class="chosen" aria-label={texts.files(files.length)}>
      {files.map((item) => (
        <li key={fingerprint(item)}>
          <span class="name">{item.path}</span>
          <span class="hint">
            {formatBytes(item.content.size, language)}
            {!isEncrypted && <Progress upload={uploadOf(item.content, unfinished)} />}
          </span>
          <button
            type="button"
            class="icon"
            aria-label={texts.remove(item.path)}
            title={texts.remove(item.path)}
            onClick={() => remove(item)}
          >
            <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
              <path d="M5 5l14 14M19 5L5 19" stroke="currentColor" stroke-width="2" />
            </svg>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Progress({ upload }: { upload: KeptUpload | undefined }) {
  const texts = useMessages(composeMessages);
  const { language } = useReader();
  if (upload === undefined) return null;
  const arrived = bytesArrived(upload.state) / upload.state.size;
  return <>{`, ${texts.goesOn(formatPercent(arrived, language))}`}</>;
}
