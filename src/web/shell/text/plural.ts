const rules = new Map<string, Intl.PluralRules>();

/**
 * The plural form of a text for a number (`Intl.PluralRules`), with `#` replaced by the number.
 *
 * @param forms `other` is used for every category that is missing.
 */
export function plural(
  language: string,
  count: number,
  forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string },
): string {
  const rule = rules.get(language) ?? new Intl.PluralRules(language);
  rules.set(language, rule);
  return (forms[rule.select(count)] ?? forms.other).replace('#', count.toLocaleString(language));
}
