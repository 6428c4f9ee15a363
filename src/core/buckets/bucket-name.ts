import { isIPv4 } from 'node:net';
import { invalid } from '../failure.ts';

/** Labels of lowercase letters, digits and hyphens, parted by single dots. */
const labels = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** Whether something can be a bucket's name: S3's rules for general purpose buckets. */
export function isBucketName(name: string): boolean {
  return name.length >= 3 && name.length <= 63 && labels.test(name) && !isIPv4(name);
}

/** @throws Failure `invalid` */
export function requireBucketName(name: string): string {
  if (!isBucketName(name))
    throw invalid(
      'name',
      'must be 3 to 63 lowercase letters, digits, hyphens and single dots, begin and end with a letter or digit, and be no IP address',
    );
  return name;
}
