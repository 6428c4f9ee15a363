import { serviceCodes } from '../../src/api/shared/service-codes.ts';
import { codeOf } from '../../src/api/uploadkit/errors.ts';

/** Every code that UploadKit can answer with, some of them several times. */
export const uploadkitCodes = (Object.keys(serviceCodes) as (keyof typeof serviceCodes)[]).map(
  (code) => codeOf(code).code,
);

/** Every code that is written in capitals, as settings are. */
export const capitalCodes: ReadonlySet<string> = new Set([...Object.values(serviceCodes), ...uploadkitCodes]);
