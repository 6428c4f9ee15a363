import { MIMEType } from 'whatwg-mimetype';
import { invalid } from '../failure.ts';

const maximumLength = 255;

/**
 * Checks a MIME type and returns it unchanged.
 *
 * @throws Failure `invalid` if it cannot be parsed (WHATWG MIME Sniffing, "parse a MIME type"), is longer than 255
 *   characters, contains anything except printable ASCII, which headers cannot carry, or is a media range
 */
export function requireMediaType(text: string): string {
  if (knownTypes.has(text)) return text;
  const isType = text.length <= maximumLength && /^[\x20-\x7e]+$/.test(text) && MIMEType.parse(text) !== null;
  if (!isType || isMediaRange(text))
    throw invalid('mediaType', 'must be a valid MIME type, such as text/plain');
  if (knownTypes.size < rememberedTypes) knownTypes.add(text);
  return text;
}

/** A cache of valid types: most content has one of a few, and parsing is too slow to do per request. */
const rememberedTypes = 1000;
const knownTypes = new Set<string>();

/** Whether a MIME type is a media range such as text/* (RFC 9110, section 12.5.1). */
export function isMediaRange(text: string): boolean {
  return text.includes('*') && /^\*\/|\/\*$/.test(essenceOf(text) ?? '');
}

/** The lowercase `type/subtype` of a MIME type, without parameters; undefined if it is not valid. */
export function essenceOf(text: string): string | undefined {
  return MIMEType.parse(text)?.essence;
}

/** The canonical form of a MIME type, for comparisons. */
export function canonicalMediaType(text: string): string {
  return MIMEType.parse(text)?.toString() ?? 'application/octet-stream';
}

/**
 * The MIME type to serve content with. Unusual parameter values are quoted, since a browser that splits at commas takes
 * `text/plain;a=b, text/html` for two types. Content that a browser would run becomes plain text. The charset is the
 * declared one; text without one gets UTF-8 if it is UTF-8, since browsers guess another.
 *
 * @param isUtf8 Whether the content is valid UTF-8.
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

/** Whether browsers run this type as JavaScript (WHATWG MIME Sniffing, "JavaScript MIME type"). */
export function isScript(text: string): boolean {
  return MIMEType.parse(text)?.isJavaScript() ?? false;
}

/** How content may be served in the origin of this server. */
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
 * User content must not run in the origin of this server: active text is served as plain text, other active formats as
 * a download (docs/contract/shared.md, "User content").
 */
export function safePresentation(mediaType: string): SafePresentation {
  const essence = essenceOf(mediaType) ?? 'application/octet-stream';
  const isXml = essence.endsWith('+xml') || essence.endsWith('/xml');
  if (activeText.has(essence) || isXml || isScript(mediaType)) return 'as-text';
  if (activeBinary.has(essence) || essence.startsWith('multipart/') || essence.startsWith('message/'))
    return 'as-attachment';
  return 'as-is';
}
