import type { Language } from '../shell/language.ts';

type ClaimMessages = typeof english;

const english = {
  title: 'Keep your files',
  explanation:
    "Tell your email address, and this account and its files stay when a guest's would go. Your token stays the same.",
  email: 'Email',
  keep: 'Keep my files',
  doneTitle: 'It is yours',
  done: 'The account and its files stay from now on. Your token is the same as before; you can close this page.',
  failedTitle: 'That did not work',
};

export const claimMessages: Record<Language, ClaimMessages> = {
  en: english,
  de: english,
  es: english,
  fr: english,
  ja: english,
  pt: english,
};
