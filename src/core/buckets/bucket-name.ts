import { isIPv4 } from 'node:net';
import { invalid } from '../failure.ts';

/** Labels of lowercase letters, digits and hyphens, separated by single dots. */
export const bucketNamePattern = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** Whether a name follows the rules of S3 for general purpose buckets. */
export function isBucketName(name: string): boolean {
  return name.length >= 3 && name.length <= 63 && bucketNamePattern.test(name) && !isIPv4(name);
}

/** @throws Failure `invalid` */
export function requireBucketName(name: string): string {
  if (!isBucketName(name))
    throw invalid(
      'name',
      'must be 3 to 63 lowercase letters, digits, hyphens and single dots, begin and end with a letter or digit, and not be an IP address',
    );
  return name;
}
