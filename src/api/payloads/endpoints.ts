import { Type } from '@sinclair/typebox';
import { contentCodings } from '../../core/ports/content-coding.ts';
import { endpointsOf } from '../shared/endpoint.ts';
import { PayloadError } from './schemas.ts';

/** Makes the endpoints of the payload API. */
export const endpoint = endpointsOf({ tag: 'payloads', error: PayloadError });

/** The request header of bodies that are decoded. */
export const contentEncodingHeader = Type.Optional(
  Type.String({
    description: 'The coding of the body. Limits count the decoded bytes.',
    enum: [...contentCodings],
  }),
);

/** Who may create a payload: without a key only if ANONYMOUS_CREATE allows it. */
export const creationSecurity: Record<string, never[]>[] = [{ payloadKey: [] }, { storageKey: [] }, {}];

/** Bytes of any type (OpenAPI 3.1: an empty schema). */
export const anyBytes = { '*/*': Type.Unknown() };
