import { parseDictionary } from 'structured-headers';
import type { Checksums } from '../../../core/buckets/checksums.ts';
import type { Conditions, Tags } from '../../../core/buckets/conditions.ts';
import { invalid } from '../../../core/failure.ts';
import { dateIn } from '../../shared/answers/conditional.ts';
import { optionalText } from '../../shared/endpoints/schemas.ts';

const metadataPrefix = 'x-meta-';
const defaultType = 'application/octet-stream';

/** The declared media type of a body. */
export function mediaTypeIn(headers: Headers): string {
  return headers.get('content-type') || defaultType;
}

/** The metadata in the `x-meta-*` headers of a request. */
export function metadataIn(headers: Headers): Record<string, string> {
  // Most requests have none. Reading the names alone is cheaper than reading entries.
  let hasAny = false;
  for (const name of headers.keys()) hasAny ||= name.startsWith(metadataPrefix);
  if (!hasAny) return {};
  const named = [...headers].filter(([name]) => name.startsWith(metadataPrefix));
  // Not an assignment, which would not create a field `__proto__`.
  return Object.fromEntries(named.map(([name, value]) => [name.slice(metadataPrefix.length), value]));
}

/** The response headers of metadata. */
export function metadataHeaders(metadata: Record<string, unknown> | null): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [`${metadataPrefix}${name}`, String(value)]),
  );
}

/** The conditions of a write, for the definitions of endpoints. */
export const writeConditionHeaders = {
  'If-Match': optionalText(
    'ETags. The request fails with 412 if the object has none of them. `*` is any ETag.',
  ),
  'If-None-Match': optionalText(
    'ETags. The request fails with 412 if the object has one of them. `*` is any ETag.',
    { $id: 'If-None-Match.write' },
  ),
  'If-Unmodified-Since': optionalText(
    'The request fails with 412 if the object was written after this time.',
  ),
};

/** The conditions of a write (RFC 9110, section 13.1). */
export function conditionsIn(headers: Headers): Conditions {
  return {
    // Weak ETags never match strongly (section 8.8.3.2).
    ifMatch: tagsIn(headers.get('if-match'), false),
    ifNoneMatch: tagsIn(headers.get('if-none-match'), true),
    ifUnmodifiedSince: dateIn(headers, 'if-unmodified-since'),
  };
}

function tagsIn(header: string | null, withWeak: boolean): Tags | undefined {
  if (header === null) return undefined;
  if (header.trim() === '*') return '*';
  return [...header.matchAll(/(W\/)?"([^"]*)"/g)].flatMap(([, weak, tag = '']) =>
    weak === undefined || withWeak ? [tag] : [],
  );
}

/** The checksums of a body, for the definitions of endpoints. */
export const checksumHeaders = {
  'Content-MD5': optionalText('The MD5 of the body in base64. Nothing is stored if it does not match.'),
  'Repr-Digest': optionalText('The same with SHA-256: sha-256=:…: (RFC 9530). Reads return it.'),
  'Content-Digest': optionalText('As Repr-Digest.'),
};

/** The checksums that the client sends with a body (RFC 1864; RFC 9530). @throws Failure `invalid` */
export function checksumsIn(headers: Headers): Checksums {
  const md5 = headers.get('content-md5');
  const digests = ['repr-digest', 'content-digest'].flatMap((name) => sha256In(name, headers.get(name)));
  if (digests.some((digest) => digest !== digests[0]))
    throw invalid('Content-Digest', 'differs from Repr-Digest, but both describe the same bytes');
  return {
    ...(md5 !== null && { md5: base64Of('Content-MD5', md5, 16) }),
    ...(digests[0] !== undefined && { sha256: digests[0] }),
  };
}

/** Ignores digests by other algorithms (RFC 9530, section 2). */
function sha256In(name: string, header: string | null): string[] {
  if (header === null) return [];
  let digest: unknown;
  try {
    digest = parseDictionary(header).get('sha-256')?.[0];
  } catch {
    throw invalid(name, 'must be a dictionary such as sha-256=:…:');
  }
  if (digest === undefined) return [];
  if (!(digest instanceof ArrayBuffer) || digest.byteLength !== 32)
    throw invalid(name, 'must have 32 bytes in base64 between colons for sha-256');
  return [Buffer.from(digest).toString('base64')];
}

function base64Of(name: string, text: string, bytes: number): string {
  const decoded = Buffer.from(text, 'base64');
  if (decoded.length !== bytes || decoded.toString('base64') !== text)
    throw invalid(name, `must be ${bytes} bytes in base64`);
  return text;
}
