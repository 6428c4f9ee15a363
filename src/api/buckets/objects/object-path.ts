import { Type } from '@sinclair/typebox';
import { Failure } from '../../../core/failure.ts';
import { objectKeyRule } from '../../shared/endpoints/core-rules.ts';
import { bucketParams, bucketPath } from '../buckets/bucket-json.ts';

export const objectsPath = `${bucketPath}/objects`;
export const objectPath = `${objectsPath}/*`;
export const objectParams = Type.Object({
  ...bucketParams.properties,
  '*': Type.String({ description: 'The key. Its slashes may be raw or encoded.', ...objectKeyRule }),
});

/** The end of the path of a copy, after the key. */
export const copySuffix = '/copy';

/** The rest of a path after `count` segments. */
function afterSegments(path: string, count: number): string {
  let at = 0;
  for (let segment = 0; segment <= count; segment += 1) at = path.indexOf('/', at) + 1;
  return path.slice(at);
}

/**
 * The key in `/v1/buckets/{bucket}/objects/{key}`: with raw or encoded slashes.
 *
 * @throws Failure `invalid_key` if it cannot be decoded
 */
export function keyInPath(path: string): string {
  return decodeKey(afterSegments(path, 4));
}

/** The key in `/signed/{bucket}/{key}`. It throws as `keyInPath` does. */
export function keyInSignedPath(path: string): string {
  return decodeKey(afterSegments(path, 2));
}

/** The key in `/v1/buckets/{bucket}/objects/{key}/copy`; undefined if the path does not end in `/copy`. */
export function keyInCopyPath(path: string): string | undefined {
  const rest = afterSegments(path, 4);
  return rest.endsWith(copySuffix) ? decodeKey(rest.slice(0, -copySuffix.length)) : undefined;
}

function decodeKey(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Failure('invalid_key', 'The key must be percent-encoded UTF-8');
  }
}
