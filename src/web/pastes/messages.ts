import type { Language } from '../shell/language.ts';

type PastesMessages = typeof english;

const english = {
  title: 'My pastes',
  needsScript: 'This page needs JavaScript: what it shows is kept in your browser alone.',
};

export const pastesMessages: Record<Language, PastesMessages> = {
  en: english,
  de: english,
  es: english,
  fr: english,
  ja: english,
  pt: english,
};
