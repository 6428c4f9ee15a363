import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { PutputError } from './schemas.ts';

/** Defines endpoints of PutPut. Their paths are relative to its bases, `/api/v1` and `/api`. */
export const endpoint = endpointsOf({
  tag: 'putput',
  error: PutputError,
  security: [{ putputToken: [] }],
  keyKind: 'putput',
});
