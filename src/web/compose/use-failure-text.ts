import { MayflyError, NetworkError } from '../../client/index.ts';
import { useMessages } from '../shell/reader.ts';
import { useErrorText } from '../shell/text/error-text.ts';
import { composeMessages } from './messages.ts';

/** Returns the text for a failed upload. */
export function useFailureText(): (error: unknown) => string {
  const texts = useMessages(composeMessages);
  const errorText = useErrorText();
  return (error) => {
    if (error instanceof MayflyError && error.status === 413) return texts.tooLargeHere;
    if (error instanceof MayflyError && error.status === 401) return texts.keyRefused;
    // Responses of this server have a request id. A 403 without one comes from the storage.
    if (error instanceof MayflyError && error.status === 403 && error.requestId === undefined)
      return texts.storageBlocked;
    // The file was changed or moved since it was chosen.
    if (error instanceof DOMException && /^Not(?:Readable|Found)Error$/.test(error.name))
      return texts.unreadable;
    if (error instanceof NetworkError || error instanceof MayflyError) return errorText(error);
    return error instanceof Error && /ETag/.test(error.message) ? texts.storageBlocked : errorText(error);
  };
}
