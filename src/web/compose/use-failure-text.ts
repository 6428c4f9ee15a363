import { MayflyError, NetworkError } from '../../client/index.ts';
import { useErrorText } from '../shell/error-text.ts';
import { useMessages } from '../shell/reader.ts';
import { composeMessages } from './messages.ts';

/** Tells why something could not be shared. */
export function useFailureText(): (error: unknown) => string {
  const texts = useMessages(composeMessages);
  const errorText = useErrorText();
  return (error) => {
    if (error instanceof MayflyError && error.status === 413) return texts.tooLargeHere;
    if (error instanceof MayflyError && error.status === 401) return texts.keyRefused;
    // Only answers of this server have its request id; another 403 is of storage itself.
    if (error instanceof MayflyError && error.status === 403 && error.requestId === undefined)
      return texts.storageBlocked;
    // A file that was changed or moved since it was chosen can be read no more.
    if (error instanceof DOMException && /^Not(?:Readable|Found)Error$/.test(error.name))
      return texts.unreadable;
    if (error instanceof NetworkError || error instanceof MayflyError) return errorText(error);
    return error instanceof Error && /ETag/.test(error.message) ? texts.storageBlocked : errorText(error);
  };
}
