/** The languages of the pages by BCP 47 tag, each with its own name for itself. */
export const languages = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
  ja: '日本語',
  pt: 'Português',
} as const;

export type Language = keyof typeof languages;

export const languageCookie = 'mayfly_language';

export function isLanguage(text: string | undefined): text is Language {
  return text !== undefined && Object.hasOwn(languages, text);
}
