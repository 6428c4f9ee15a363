import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { UploadkitError } from './schemas.ts';

/** Makes the endpoints of UploadKit. */
export const endpoint = endpointsOf({ tag: 'uploadkit', error: UploadkitError });

/** A key, in either header. */
export const security: Record<string, never[]>[] = [{ uploadkitKey: [] }, { uploadkitBearer: [] }];
