import { bucketErrors } from '../api/buckets/index.ts';
import { payloadErrors } from '../api/payloads/index.ts';
import { loginErrors, putputErrors } from '../api/putput/index.ts';
import { shownSecret } from '../api/shared/credential.ts';
import type { Errors } from '../api/shared/exchange.ts';
import { uploadkitErrors } from '../api/uploadkit/index.ts';
import type { KeyKind } from '../core/ports/account-store.ts';

/** The API that a path belongs to: how it tells of errors, and which keys are credentials there. */
export type Owner = {
  name: 'payloads' | 'putput' | 'uploadkit' | 'buckets';
  errors: Errors;
  keyKinds?: readonly KeyKind[];
  /** Whether a key may come as the password of Basic authentication. */
  takesBasic?: boolean;
};

const payloads: Owner = { name: 'payloads', errors: payloadErrors };
/** What begins a payload: a key says whose it is. Nothing else of that API looks at one. */
const payloadCreation: Owner = {
  name: 'payloads',
  errors: payloadErrors,
  keyKinds: ['payload', 'storage'],
  takesBasic: true,
};
const putput: Owner = { name: 'putput', errors: putputErrors, keyKinds: ['putput'] };
/** Paths of PutPut's that need no token: a valid one does not count there. */
const putputOpen: Owner = { name: 'putput', errors: putputErrors };
const login: Owner = { name: 'putput', errors: loginErrors };
const uploadkit: Owner = { name: 'uploadkit', errors: uploadkitErrors, keyKinds: ['uploadkit'] };
const buckets: Owner = { name: 'buckets', errors: bucketErrors, keyKinds: ['storage'] };
/** Signed URLs need no key: a valid one does not count there. */
const signed: Owner = { name: 'buckets', errors: bucketErrors };

const uploadkitsOwn = /^\/api\/v1\/upload\/(?:request|complete|multipart(?:\/.*)?)\/?$/;
const shared = /^\/api(?:\/v1)?\/(auth|upload|files)(?:\/|$)/;

/**
 * Which API a request is for: by its path, and on the paths that two of them have by its credential
 * (docs/contract/shared.md, "Paths and their owners"). Paths of `/api` that nobody has belong to the service whose
 * credential is shown: its libraries call some that are not here.
 */
export function ownerOf(path: string, request: Request): Owner {
  if (path.startsWith('/api/')) {
    if (path.startsWith('/api/v1/payloads')) return ownerOfPayloads(request);
    const [, first] = shared.exec(path) ?? [];
    if (first === undefined) return ownerOfCredential(request);
    if (uploadkitsOwn.test(path) || showsUploadkitKey(request)) return uploadkit;
    return first === 'auth' ? putputOpen : putput;
  }
  if (path.startsWith('/v1/')) return buckets;
  if (path.startsWith('/f/')) return putputOpen;
  if (path.startsWith('/signed/')) return signed;
  return path === '/login' && request.method !== 'PUT' ? login : ownerOfPayloads(request);
}

function ownerOfPayloads({ method }: Request): Owner {
  return method === 'POST' || method === 'PUT' ? payloadCreation : payloads;
}

function ownerOfCredential(request: Request): Owner {
  if (showsUploadkitKey(request)) return uploadkit;
  return shownSecret(request)?.startsWith('pp_') ? putput : payloads;
}

/** Only UploadKit has `x-api-key`, whatever is in it. */
function showsUploadkitKey(request: Request): boolean {
  return request.headers.has('x-api-key') || (shownSecret(request)?.startsWith('uk_') ?? false);
}
