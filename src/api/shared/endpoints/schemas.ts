import { type StringOptions, Type } from '@sinclair/typebox';

/** An optional header or parameter, or an optional field of a response. */
export function optionalText(description: string, rules: StringOptions = {}) {
  return Type.Optional(Type.String({ description, ...rules }));
}

/** One of several strings. */
export function oneOf<Value extends string>(values: readonly Value[], description?: string) {
  return Type.Unsafe<Value>({ type: 'string', enum: [...values], ...(description && { description }) });
}

/** A string, or null. */
export function textOrNull(
  description: string,
  rules: { format?: 'date-time'; enum?: (string | null)[] } = {},
) {
  return Type.Unsafe<string | null>({ type: ['string', 'null'], ...rules, description });
}
