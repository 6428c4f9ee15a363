/** The languages of the pages, by their BCP 47 tags, and what each calls itself. */
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

function isLanguage(text: string | undefined): text is Language {
  return text !== undefined && Object.hasOwn(languages, text);
}

/**
 * The language to show a page in: the reader's choice, else the best of `Accept-Language`
 * (RFC 9110, section 12.5.4), else English.
 */
export function chooseLanguage(chosen: string | undefined, acceptLanguage: string | null): Language {
  if (isLanguage(chosen)) return chosen;
  const ranges = (acceptLanguage ?? '').split(',').map((range) => {
    const [tag = '', ...parameters] = range
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return { language: tag.split('-')[0], weight: weight === undefined ? 1 : Number(weight.slice(2)) };
  });
  const known = ranges.filter(({ language, weight }) => isLanguage(language) && weight > 0);
  const best = known.toSorted((one, other) => other.weight - one.weight)[0]?.language;
  return isLanguage(best) ? best : 'en';
}
