import { useMessages } from './reader.ts';
import type { Syntax } from './syntaxes.ts';
import { shellMessages } from './text/messages.ts';

/** Returns a function for the name of a syntax in the reader's language. Names of languages are the same in each. */
export function useSyntaxLabel(): (syntax: Syntax) => string {
  const { plainText } = useMessages(shellMessages);
  return ({ name, label }) => (name === 'plaintext' ? plainText : label);
}
