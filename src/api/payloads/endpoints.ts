import { contentEncodingHeader } from '../shared/bodies/request-coding.ts';
import { endpointsOf } from '../shared/endpoints/endpoint.ts';
import { PayloadError } from '../shared/endpoints/server-endpoints.ts';

export const endpoint = endpointsOf({ tag: 'payloads', error: PayloadError });

/** The request header of bodies that are decoded. */
export const decodedEncodingHeader = contentEncodingHeader(
  'payloads',
  'The coding of the body. Limits count the decoded bytes.',
);

/**
 * Who may create a payload: without a key only if ANONYMOUS_CREATE allows it. Upload tools that cannot send a Bearer
 * send the key in another way.
 */
export const creationSecurity: Record<string, never[]>[] = [
  { payloadKey: [] },
  { storageKey: [] },
  { creationKey: [] },
  { creationPassword: [] },
  {},
];
