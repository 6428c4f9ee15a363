import { bytesArrived, forgetUpload } from '../kept/uploads.ts';
import { useIdleUploads } from '../kept/use-idle-uploads.ts';
import { useHref, useMessages, useReader } from '../shell/reader.ts';
import { formatPercent } from '../shell/text/format.ts';
import { composeMessages } from './messages.ts';

/** Uploads that were interrupted because the page was closed. */
export function UnfinishedUploads() {
  const texts = useMessages(composeMessages);
  const { language } = useReader();
  const hrefTo = useHref();
  const uploads = useIdleUploads();
  const discard = (uploadId: string) => {
    forgetUpload(uploadId);
    // If this fails, the upload expires by itself.
    void fetch(hrefTo(`/api/v1/payloads/uploads/${uploadId}`), { method: 'DELETE' }).catch(() => undefined);
  };
  if (uploads.length === 0) return null;
  return (
    <div class="notice-line unfinished">
      <ul>
        {uploads.map(({ state, file }) => (
          <li key={state.uploadId}>
            <span>
              {texts.unfinished(file.name, formatPercent(bytesArrived(state) / state.size, language))}
            </span>
            <button type="button" class="quiet" onClick={() => discard(state.uploadId)}>
              {texts.discard}
            </button>
          </li>
        ))}
      </ul>
      <p>{texts.unfinishedHint}</p>
    </div>
  );
}
