import { MIMEType } from 'whatwg-mimetype';
import { invalid } from '../failure.ts';

const maximumLength = 255;

/**
 * Checks a MIME type and returns it as it was given.
 *
 * @throws Failure `invalid` where it cannot be parsed (WHATWG MIME Sniffing, "parse a MIME type"), is longer
 *   than 255 characters, or holds anything but printable ASCII, which no header could carry back unchanged. A media
 *   range is no type.
 */
export function requireMediaType(text: string): string {
  if (knownTypes.has(text)) return text;
  const isType = text.length <= maximumLength && /^[\x20-\x7e]+$/.test(text) && MIMEType.parse(text) !== null;
  if (!isType || isMediaRange(text))
    throw invalid('mediaType', 'must be a valid MIME type, such as text/plain');
  if (knownTypes.size < rememberedTypes) knownTypes.add(text);
  return text;
}

/** Nearly all content is of a few types, and parsing one costs more than a request may spend on it. */
const rememberedTypes = 1000;
const knownTypes = new Set<string>();

/** Whether a MIME type is a range, such as text/*, that stands for many (RFC 9110, section 12.5.1). */
export function isMediaRange(text: string): boolean {
  return text.includes('*') && /^\*\/|\/\*$/.test(essenceOf(text) ?? '');
}

/** The lower-case `type/subtype` of a MIME type, without parameters; undefined where it is not valid. */
export function essenceOf(text: string): string | undefined {
  return MIMEType.parse(text)?.essence;
}

/** A MIME type in the one way to write it, by which two can be compared. */
export function canonicalMediaType(text: string): string {
  return MIMEType.parse(text)?.toString() ?? 'application/octet-stream';
}

/**
 * A MIME type as it is served: with odd parameter values quoted, since `text/plain;a=b, text/html` is two types to a
 * browser that splits at commas, and as plain text where a browser would run the content. Its charset is the declared
 * one. Text without one gets UTF-8 where it is that, for browsers guess another.
 *
 * @param isUtf8 Whether the content is known to be valid UTF-8.
 */
export function servedMediaType(text: string, presentation: SafePresentation, isUtf8: boolean): string {
  const type = isMediaRange(text) ? null : MIMEType.parse(text);
  if (type === null) return 'application/octet-stream';
  const charset = type.parameters.get('charset') ?? (isUtf8 ? 'utf-8' : undefined);
  if (presentation === 'as-text')
    return charset === undefined ? 'text/plain' : `text/plain; charset=${charset}`;
  const isBare = type.type === 'text' && !type.parameters.has('charset');
  return isBare && charset !== undefined ? `${type}; charset=${charset}` : type.toString();
}

/** Whether a type is one that browsers take for JavaScript (WHATWG MIME Sniffing, "JavaScript MIME type"). */
export function isScript(text: string): boolean {
  return MIMEType.parse(text)?.isJavaScript() ?? false;
}

/** How bytes of a type may be shown in this service's own origin. */
type SafePresentation = 'as-is' | 'as-text' | 'as-attachment';

const activeText = new Set([
  'text/html',
  'application/xhtml+xml',
  'image/svg+xml',
  'text/xsl',
  'text/vbscript',
  'text/x-component',
  'text/cache-manifest',
]);
const activeBinary = new Set([
  'application/pdf',
  'application/x-shockwave-flash',
  'application/x-msdownload',
  'application/hta',
  'application/x-mimearchive',
  'application/java-archive',
]);

/**
 * Nothing a stranger uploads may run in the origin of the service: text that a browser would run is shown as
 * plain text, other active formats are only handed over as a download (docs/contract/shared.md, "User content").
 */
export function safePresentation(mediaType: string): SafePresentation {
  const essence = essenceOf(mediaType) ?? 'application/octet-stream';
  const isXml = essence.endsWith('+xml') || essence.endsWith('/xml');
  if (activeText.has(essence) || isXml || isScript(mediaType)) return 'as-text';
  if (activeBinary.has(essence) || essence.startsWith('multipart/') || essence.startsWith('message/'))
    return 'as-attachment';
  return 'as-is';
}
