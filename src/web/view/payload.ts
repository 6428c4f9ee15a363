import { sealedMediaType } from '../../encryption/index.ts';
import { essenceOf } from '../shell/syntaxes.ts';
import type { Content } from './content.ts';
import { mayBeText, showsText } from './kinds.ts';

/** A payload, as far as it is known without reading it. Times are milliseconds since the epoch, sizes bytes. */
export type ViewProps = {
  id: string;
  /** The address of the bytes. */
  raw: string;
  name: string | null;
  mediaType: string;
  size: number;
  /** Whether the bytes are text in an encoding that the server knows. */
  isText: boolean;
  createdAt: number;
  expiresAt: number;
  /** When the page is made. */
  servedAt: number;
  /** Null where reads are not counted. */
  readsLeft: number | null;
  /** The content, where it is text, is not counted, and is not too large to be sent along. */
  text: string | null;
  /** Whether the text is to be taken from the page itself (`served-text.ts`). */
  isTextServed?: boolean;
};

export function isSealed({ mediaType }: ViewProps): boolean {
  return essenceOf(mediaType) === sealedMediaType;
}

/** What is no secret and takes no read is shown from its own address; undefined where its text has yet to come. */
export function contentAtHand(payload: ViewProps): Content | undefined {
  const { raw, name, mediaType, size, isText, readsLeft, text } = payload;
  if (readsLeft !== null || isSealed(payload)) return undefined;
  const content: Content = {
    ...{ name, mediaType, size, isText, text, encoding: 'utf-8' },
    source: { kind: 'address', href: raw },
  };
  const hasText = showsText(content) || (!isText && mayBeText(content));
  return hasText && text === null ? undefined : content;
}
