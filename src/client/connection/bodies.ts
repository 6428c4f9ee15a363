import type * as accounts from '../api/accounts.ts';
import type * as buckets from '../api/buckets.ts';
import type * as files from '../api/files.ts';
import type * as payloads from '../api/payloads.ts';

type RequestBodies = accounts.RequestBodies &
  buckets.RequestBodies &
  files.RequestBodies &
  payloads.RequestBodies;
type ResponseBodies = accounts.ResponseBodies &
  buckets.ResponseBodies &
  files.ResponseBodies &
  payloads.ResponseBodies;

/** The id of an operation that returns JSON, as in `/openapi.json`. */
export type Operation = keyof ResponseBodies;
export type RequestBody<Id extends Operation> = Id extends keyof RequestBodies
  ? RequestBodies[Id]
  : undefined;
export type ResponseBody<Id extends Operation> = ResponseBodies[Id];
