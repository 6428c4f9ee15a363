import { sealedMediaType } from '../../../encryption/index.ts';
import { essenceOf } from '../../shell/syntaxes.ts';
import type { Content } from './content.ts';
import { mayBeText, showsText } from './kinds.ts';

/** The metadata of a payload, which is known without a read. Times are milliseconds since the epoch, sizes bytes. */
export type ViewProps = {
  id: string;
  /** The URL of the bytes. */
  raw: string;
  name: string | null;
  mediaType: string;
  size: number;
  /** Whether the bytes are text in an encoding that the server supports. */
  isText: boolean;
  createdAt: number;
  expiresAt: number;
  /** When the server rendered the page. */
  servedAt: number;
  /** Null if reads are not counted. */
  readsLeft: number | null;
  /** The content, if it is text without counted reads that is small enough to be part of the page. */
  text: string | null;
  /** Whether the text has to be read from the HTML of the page (`served-text.ts`). */
  isTextServed?: boolean;
};

export function isEncryptedPayload({ mediaType }: ViewProps): boolean {
  return essenceOf(mediaType) === sealedMediaType;
}

/** Content that can be shown without opening it; undefined if it is encrypted or counted, or its text is missing. */
export function availableContent(payload: ViewProps): Content | undefined {
  const { raw, name, mediaType, size, isText, readsLeft, text } = payload;
  if (readsLeft !== null || isEncryptedPayload(payload)) return undefined;
  const content: Content = {
    ...{ name, mediaType, size, isText, text, encoding: 'utf-8' },
    source: { kind: 'url', href: raw },
  };
  const hasText = showsText(content) || (!isText && mayBeText(content));
  return hasText && text === null ? undefined : content;
}
