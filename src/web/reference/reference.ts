/** A parameter of a request, or a field of a body. */
export type ReferenceField = {
  name: string;
  /** Where a parameter is: `path`, `query` or `header`. */
  place?: string;
  type: string;
  isRequired: boolean;
  description: string;
};

/** The body of a request or of a response. */
export type ReferenceBody = {
  mediaTypes: string[];
  fields: ReferenceField[];
  /** JSON, if the body is JSON. */
  example?: string;
};

export type ReferenceOperation = {
  id: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  /** The credentials that it accepts, one of them being enough. */
  credentials: string[];
  parameters: ReferenceField[];
  request?: ReferenceBody;
  responses: { status: string; description: string; body?: ReferenceBody }[];
};

/** What the page at `/docs` shows. */
export type Reference = {
  version: string;
  /** The URLs of the document, of OpenAPI 3.1 and 3.0. */
  documents: { name: string; href: string }[];
  groups: { name: string; description: string; operations: ReferenceOperation[] }[];
};
