import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { UploadkitError } from './schemas.ts';

export const endpoint = endpointsOf({ tag: 'uploadkit', error: UploadkitError });

/** An API key, in either header. */
export const security: Record<string, never[]>[] = [{ uploadkitKey: [] }, { uploadkitBearer: [] }];
