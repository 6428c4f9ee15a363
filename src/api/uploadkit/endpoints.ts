import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { UploadkitError } from './schemas.ts';

/** Defines endpoints of UploadKit. The key is accepted in either header. */
export const endpoint = endpointsOf({
  tag: 'uploadkit',
  error: UploadkitError,
  keyKind: 'uploadkit',
  security: [{ uploadkitKey: [] }, { uploadkitBearer: [] }],
});
