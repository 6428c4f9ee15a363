import { bucketErrors } from '../api/buckets/index.ts';
import { payloadErrors } from '../api/payloads/index.ts';
import { loginErrors, putputErrors } from '../api/putput/index.ts';
import { shownSecret } from '../api/shared/credential.ts';
import type { Errors } from '../api/shared/exchange.ts';
import { uploadkitErrors } from '../api/uploadkit/index.ts';
import type { KeyKind } from '../core/ports/accounts/account-store.ts';

/** The API that a path belongs to: how it renders errors, and which keys are credentials there. */
export type Owner = {
  /** Tests compare it with the tags of the routes. */
  name: 'payloads' | 'putput' | 'uploadkit' | 'buckets';
  errors: Errors;
  keyKinds?: readonly KeyKind[];
  /** Whether a key may be the password of Basic authentication. */
  takesBasic?: boolean;
};

const payloads: Owner = { name: 'payloads', errors: payloadErrors };
/** Calls that create a payload: the key determines its account. The rest of that API ignores keys. */
const payloadCreation: Owner = {
  name: 'payloads',
  errors: payloadErrors,
  keyKinds: ['payload', 'storage'],
  takesBasic: true,
};
const putput: Owner = { name: 'putput', errors: putputErrors, keyKinds: ['putput'] };
/** Paths of PutPut that need no token; they ignore a valid one. */
const putputOpen: Owner = { name: 'putput', errors: putputErrors };
const login: Owner = { name: 'putput', errors: loginErrors };
const uploadkit: Owner = { name: 'uploadkit', errors: uploadkitErrors, keyKinds: ['uploadkit'] };
const buckets: Owner = { name: 'buckets', errors: bucketErrors, keyKinds: ['storage'] };
/** Signed URLs need no key; they ignore a valid one. */
const signed: Owner = { name: 'buckets', errors: bucketErrors };

const uploadkitsOwn = /^\/api\/v1\/upload\/(?:request|complete|multipart(?:\/.*)?)\/?$/;
const shared = /^\/api(?:\/v1)?\/(auth|upload|files)(?:\/|$)/;

/**
 * The API that a request is for. The path decides, and the credential does on paths that two APIs share
 * (docs/contract/shared.md, "Paths and their owners"). Unknown paths under `/api` belong to the API of the credential,
 * because the libraries of its service call some that do not exist here. All other paths belong to payloads; a test
 * fails for a route there that is not listed as theirs.
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
  if (path === '/login' && request.method !== 'PUT') return login;
  return ownerOfPayloads(request);
}

function ownerOfPayloads(request: Request): Owner {
  return isCreation(request) ? payloadCreation : payloads;
}

function isCreation({ method }: Request): boolean {
  return method === 'POST' || method === 'PUT';
}

function ownerOfCredential(request: Request): Owner {
  if (showsUploadkitKey(request)) return uploadkit;
  return shownSecret(request)?.startsWith('pp_') ? putput : payloads;
}

/** Only UploadKit uses `x-api-key`, so its value does not matter. */
function showsUploadkitKey(request: Request): boolean {
  return request.headers.has('x-api-key') || (shownSecret(request)?.startsWith('uk_') ?? false);
}
