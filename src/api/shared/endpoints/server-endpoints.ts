import { Type } from '@sinclair/typebox';
import { endpointsOf } from './endpoint.ts';

/** The shape of the errors of the payload API and of the server itself (docs/contract/payloads.md, "Errors"). */
export const PayloadError = Type.Object(
  { error: Type.String({ description: 'What is wrong and what to do, for a person.' }) },
  { $id: 'PayloadError', description: 'An error.', examples: [{ error: 'Payload not found or expired' }] },
);

/** Makes the endpoints of the server itself, whose requests are not counted. */
export const serverEndpoint = endpointsOf({
  tag: 'server',
  error: PayloadError,
  errorName: 'ServerError',
  isCounted: false,
});
