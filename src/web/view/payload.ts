import { sealedMediaType } from '../../encryption/index.ts';
import { essenceOf } from '../shell/syntaxes.ts';
import type { Content } from './content.ts';
import { showsText } from './kinds.ts';

/** A payload, as far as it is known without reading it. Times are milliseconds since the epoch, sizes bytes. */
export type ViewProps = {
  id: string;
  /** The address of the bytes. */
  raw: string;
  name: string | null;
  mediaType: string;
  size: number;
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
    ...{ name, mediaType, size, isText, text },
    source: { kind: 'address', href: raw },
  };
  return showsText(content) && text === null ? undefined : content;
}
