import { useEffect, useState } from 'preact/hooks';
import { syntaxOf } from '../../shell/syntaxes.ts';
import { highlight, maxGuessedLength, maxHighlightedLength } from './highlighting.ts';
import type { Tokens } from './token-emitter.ts';

/** The choices besides the syntaxes. */
export const automatic = 'auto';
export const plain = 'plaintext';

type Found = { text: string; language?: string; tokens: Tokens };

/**
 * The tokens of a text, when they have been found.
 *
 * @param chosen `auto`, or a name of `syntaxes`. `auto` uses the media type, then the file name, then a guess.
 */
export function useTokens(
  text: string | null,
  { chosen, mediaType, name }: { chosen: string; mediaType: string; name: string | null },
): { tokens?: Tokens; language?: string } {
  const [found, setFound] = useState<Found>();
  const declared = syntaxOf(mediaType, name)?.name ?? plain;
  const language =
    chosen !== automatic ? chosen : declared !== plain ? declared : /\.([a-z0-9+]+)$/i.exec(name ?? '')?.[1];
  useEffect(() => {
    let isCurrent = true;
    setFound(undefined);
    const max = language === undefined ? maxGuessedLength : maxHighlightedLength;
    if (text === null || text.length > max || language === plain) return;
    highlight(text, language?.toLowerCase()).then((highlighted) => {
      if (isCurrent && highlighted) setFound({ text, ...highlighted });
    });
    return () => {
      isCurrent = false;
    };
  }, [text, language]);
  return found?.text === text ? found : {};
}
