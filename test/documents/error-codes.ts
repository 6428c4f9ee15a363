import { serviceCodes } from '../../src/api/shared/service-codes.ts';
import { codeOf } from '../../src/api/uploadkit/errors.ts';

/** Every code of UploadKit's errors, with duplicates. */
export const uploadkitCodes = (Object.keys(serviceCodes) as (keyof typeof serviceCodes)[]).map(
  (code) => codeOf(code).code,
);

/** Every code in capitals, which looks like a setting. */
export const capitalCodes: ReadonlySet<string> = new Set([...Object.values(serviceCodes), ...uploadkitCodes]);
