import { invalid } from './failure.ts';

/**
 * Whether every database can hold a text and compare with it. Not all of them can with U+0000. A lone surrogate has no
 * UTF-8, so it would change when stored.
 */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** @throws Failure `invalid` */
export function requireStorable(field: string, text: string | undefined): void {
  if (text !== undefined && !isStorable(text)) throw invalid(field, 'must be Unicode without U+0000');
}
