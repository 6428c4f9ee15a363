import { MayflyError, NetworkError } from '../../../client/index.ts';
import { useMessages } from '../reader.ts';
import { errorMessages } from './error-messages.ts';

/** Returns the text for a failed request, in the reader's language. */
export function useErrorText(): (error: unknown) => string {
  const texts = useMessages(errorMessages);
  return (error) => {
    if (error instanceof NetworkError) return texts.away;
    if (!(error instanceof MayflyError)) return texts.other(error instanceof Error ? error.message : '');
    const { status, message, retryAfter } = error;
    if (status === 429) return texts.tooMany(retryAfter ?? 1);
    return fixedTexts[status] ? texts[fixedTexts[status]] : texts.other(message);
  };
}

const fixedTexts: Record<number, 'unauthorized' | 'forbidden' | 'gone' | 'fault' | 'away' | 'noRoom'> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'gone',
  500: 'fault',
  502: 'away',
  503: 'away',
  504: 'away',
  507: 'noRoom',
};
