import { Type } from '@sinclair/typebox';

export const expires = Type.Integer({ description: 'When the URL expires.' });

/** A number in a signed URL. Other text was never signed and becomes 0, which is long past as a time. */
export function wholeNumber(text: string | null): number {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
