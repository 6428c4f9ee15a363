import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Language } from './text/language.ts';
import type { Theme } from './theme.ts';

/** The settings of the reader, and the URLs of the server, that a page is rendered with. */
export type Reader = {
  language: Language;
  /** Undefined to follow the system setting. */
  theme: Theme | undefined;
  /** What absolute links begin with, without a trailing slash. */
  publicUrl: string;
  /** What the paths of links begin with: empty, or such as `/paste` if a proxy serves Mayfly below a path. */
  basePath: string;
};

export const ReaderContext = createContext<Reader>({
  language: 'en',
  theme: undefined,
  publicUrl: '',
  basePath: '',
});

export function useReader(): Reader {
  return useContext(ReaderContext);
}

/** Returns a function that adds the base path to a path of this server. */
export function useHref(): (path: string) => string {
  const { basePath } = useReader();
  return (path) => `${basePath}${path}`;
}

/** Returns the texts in the reader's language. */
export function useMessages<Messages>(messages: Record<Language, Messages>): Messages {
  return messages[useReader().language];
}
