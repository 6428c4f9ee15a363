import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { PutputError } from './schemas.ts';

/** Makes the endpoints of PutPut. Their paths are those behind its bases, `/api/v1` and `/api`. */
export const endpoint = endpointsOf({
  tag: 'putput',
  error: PutputError,
  security: [{ putputToken: [] }],
  keyKind: 'putput',
});
