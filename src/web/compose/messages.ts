import type { Language } from '../shell/text/language.ts';
import { german } from './messages/de.ts';
import { type ComposeMessages, english } from './messages/en.ts';
import { spanish } from './messages/es.ts';
import { french } from './messages/fr.ts';
import { japanese } from './messages/ja.ts';
import { portuguese } from './messages/pt.ts';

export const composeMessages: Record<Language, ComposeMessages> = {
  en: english,
  de: german,
  es: spanish,
  fr: french,
  ja: japanese,
  pt: portuguese,
};
