import type { Language } from '../shell/language.ts';

type ViewMessages = typeof english;

const english = {
  missingTitle: 'Not found',
  missing: 'There is nothing here, or its time is up.',
  newPaste: 'Share something new',
  raw: 'Raw',
  counted: (reads: number) =>
    `It can be read ${reads} more ${reads === 1 ? 'time' : 'times'}; opening it takes one.`,
  open: 'Open it',
};

export const viewMessages: Record<Language, ViewMessages> = {
  en: english,
  de: english,
  es: english,
  fr: english,
  ja: english,
  pt: english,
};
