const rules = new Map<string, Intl.PluralRules>();

/**
 * The form of a text that a number calls for (`Intl.PluralRules`), with the number in the place of `#`.
 *
 * @param forms `other` is also for every category that is not there.
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
