/** The routes of the server itself in OpenAPI 3.1. Their calls are not counted. */

const tags = ['server'];
const security: never[] = [];

const text = (description: string, type: string) => ({
  description,
  content: { [type]: { schema: { type: 'string' } } },
});
const json = (description: string) => ({
  description,
  content: { 'application/json': { schema: { type: 'object' } } },
});
const unavailable = { 500: json('A fault of the server.') };

export const healthOperation = {
  tags,
  security,
  operationId: 'health',
  summary: 'Whether the process answers',
  responses: { 200: json('It does.'), '4XX': json('Method not allowed.') },
};

export const readinessOperation = {
  tags,
  security,
  operationId: 'readiness',
  summary: 'Whether the stores answer, each by name',
  responses: {
    200: json('Ready. A store that the service can do without may be away.'),
    '4XX': json('Method not allowed.'),
    503: json('A store is away, descriptors are scarce, or the server is stopping.'),
  },
};

export const metricsOperation = {
  tags,
  security: [{ metricsToken: [] }, {}],
  operationId: 'metrics',
  summary: 'Metrics for Prometheus',
  description:
    'With METRICS_TOKEN. Where none is set: from a loopback address, by a loopback Host, and through no proxy.',
  responses: {
    200: text('Metrics.', 'text/plain'),
    401: json('No or a wrong token.'),
    403: json('METRICS_TOKEN is not set, and the call is not from this machine itself.'),
    ...unavailable,
  },
};

export const openapiOperation = {
  tags,
  security,
  operationId: 'openapi',
  summary: 'This document',
  responses: { 200: json('OpenAPI 3.1.'), '4XX': json('Method not allowed.') },
};

export const docsOperation = {
  tags,
  security,
  operationId: 'docs',
  summary: 'This document as a page',
  responses: { 200: text('A page.', 'text/html'), '4XX': json('Method not allowed.') },
};
