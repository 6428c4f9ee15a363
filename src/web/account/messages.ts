import type { Language } from '../shell/language.ts';

type AccountMessages = typeof english;

const english = {
  title: 'Account',
  needsScript: 'This page needs JavaScript: what it shows is kept in your browser alone.',
};

export const accountMessages: Record<Language, AccountMessages> = {
  en: english,
  de: english,
  es: english,
  fr: english,
  ja: english,
  pt: english,
};
