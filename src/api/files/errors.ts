import { errorsIn } from '../shared/errors.ts';

/** Errors of the signed addresses, in the shape that seed 002 has for `/signed`. */
export const signedErrors = errorsIn((code, message, { requestId }) => ({
  body: { error: { code: code === 'path_not_found' ? 'not_found' : code, message, requestId } },
}));
