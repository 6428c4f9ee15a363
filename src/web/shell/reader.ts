import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Language } from './language.ts';
import type { Theme } from './theme.ts';

/** For whom a page is made, and by which server. */
export type Reader = {
  language: Language;
  /** Undefined for as the system is. */
  theme: Theme | undefined;
  /** What links begin with, without a trailing slash. */
  publicUrl: string;
  /** The path at which links begin: empty, or such as `/paste` where a proxy serves Mayfly below one. */
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

/** Makes the address of a path of this server. */
export function useHref(): (path: string) => string {
  const { basePath } = useReader();
  return (path) => `${basePath}${path}`;
}

/** The texts of one part of the pages, in the reader's language. */
export function useMessages<Messages>(messages: Record<Language, Messages>): Messages {
  return messages[useReader().language];
}
