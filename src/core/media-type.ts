import { MIMEType } from 'whatwg-mimetype';
import { invalid } from './failure.ts';

const maximumLength = 255;

/**
 * Checks a MIME type and returns it as it was given.
 *
 * @throws Failure `invalid` where it cannot be parsed (WHATWG MIME Sniffing, "parse a MIME type"), is longer
 *   than 255 characters, or holds anything but printable ASCII, which no header could carry back unchanged.
 */
export function requireMediaType(text: string): string {
  if (knownTypes.has(text)) return text;
  if (text.length > maximumLength || !/^[\x20-\x7e]+$/.test(text) || MIMEType.parse(text) === null)
    throw invalid('mediaType', 'must be a valid MIME type, such as text/plain');
  if (knownTypes.size < rememberedTypes) knownTypes.add(text);
  return text;
}

/** Nearly all content is of a few types, and parsing one costs more than a request may spend on it. */
const rememberedTypes = 1000;
const knownTypes = new Set<string>();

/** The lower-case `type/subtype` of a MIME type, without parameters; undefined where it is not valid. */
export function essenceOf(text: string): string | undefined {
  return MIMEType.parse(text)?.essence;
}

/**
 * A MIME type as a header can carry it: with odd parameter values quoted. As it was given, a browser may read
 * it otherwise than this service: `text/plain;a=b, text/html` is two types to one that splits at commas.
 */
export function canonicalMediaType(text: string): string {
  return MIMEType.parse(text)?.toString() ?? 'application/octet-stream';
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
 * plain text, other active formats are only handed over as a download (wire, "User content").
 */
export function safePresentation(mediaType: string): SafePresentation {
  const essence = essenceOf(mediaType) ?? 'application/octet-stream';
  const isXml = essence.endsWith('+xml') || essence.endsWith('/xml');
  if (activeText.has(essence) || isXml || isScript(mediaType)) return 'as-text';
  if (activeBinary.has(essence) || essence.startsWith('multipart/') || essence.startsWith('message/'))
    return 'as-attachment';
  return 'as-is';
}

/** Bytes that went past this server are taken for UTF-8 where they are called text: nearly all text is. */
export function isDeclaredText(mediaType: string): boolean {
  return mediaType.toLowerCase().startsWith('text/');
}
