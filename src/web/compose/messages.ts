import type { Language } from '../shell/language.ts';

type ComposeMessages = typeof english;

const english = {
  title: 'New',
  heading: 'Share something that will not last',
  text: 'Text',
  expiry: 'Gone after',
  reads: 'Reads',
  anyReads: 'any number',
  file: 'or a file',
  share: 'Share',
};

export const composeMessages: Record<Language, ComposeMessages> = {
  en: english,
  de: english,
  es: english,
  fr: english,
  ja: english,
  pt: english,
};
