import { Type } from '@sinclair/typebox';
import { Failure } from '../../../core/failure.ts';
import { bucketParams, bucketPath } from '../buckets/bucket-json.ts';

export const objectsPath = `${bucketPath}/objects`;
export const objectPath = `${objectsPath}/*`;
export const objectParams = Type.Object({
  ...bucketParams.properties,
  '*': Type.String({ description: 'The key. Its slashes may be raw or encoded.' }),
});

/** What follows the key in the path of a copy. */
export const copySuffix = '/copy';

/** The rest of a path after so many segments: the router leaves a wildcard undecoded. */
function afterSegments(path: string, count: number): string {
  let at = 0;
  for (let segment = 0; segment <= count; segment += 1) at = path.indexOf('/', at) + 1;
  return path.slice(at);
}

/**
 * The key in `/v1/buckets/{bucket}/objects/{key}`: its slashes may be raw or encoded.
 *
 * @throws Failure `invalid_key` where it cannot be decoded
 */
export function keyInPath(path: string): string {
  return decodeKey(afterSegments(path, 4));
}

/** The key in `/signed/{bucket}/{key}`. Failures as for `keyInPath`. */
export function keyInSignedPath(path: string): string {
  return decodeKey(afterSegments(path, 2));
}

/** The key in `/v1/buckets/{bucket}/objects/{key}/copy`; undefined where the path does not end so. */
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
