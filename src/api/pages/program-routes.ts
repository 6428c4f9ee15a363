import { Type } from '@sinclair/typebox';
import type { Elysia } from 'elysia';
import type { PayloadLimits } from '../../core/payloads/payloads.ts';
import { replyCompressible } from '../shared/answers/compression.ts';
import { mountEndpoints } from '../shared/endpoints/endpoint.ts';
import { serverEndpoint } from '../shared/endpoints/server-endpoints.ts';
import { type Exchange, keptHeaders, reply } from '../shared/exchange.ts';
import { llmsText } from './llms.ts';

/** Shared links are for their recipients only. */
const robots = `User-agent: *
Disallow: /p/
Disallow: /raw/
Disallow: /f/
Disallow: /signed/
`;

const text = { 'text/plain': Type.String() };

const readLlms = serverEndpoint({
  method: 'GET',
  path: '/llms.txt',
  operationId: 'llms',
  summary: 'Instructions for programs',
  description: 'For language models and other programs, in the form of llmstxt.org.',
  responses: { 200: { description: 'Markdown.', types: text } },
  errors: [405, 503],
});

const readRobots = serverEndpoint({
  method: 'GET',
  path: '/robots.txt',
  operationId: 'robots',
  summary: 'Rules for crawlers',
  description: 'Paths that crawlers must not read (RFC 9309).',
  responses: { 200: { description: 'Plain text.', types: text } },
  errors: [405, 503],
});

const readSharex = serverEndpoint({
  method: 'GET',
  path: '/sharex.sxcu',
  operationId: 'sharex',
  summary: 'The configuration for ShareX',
  description: 'A custom uploader for ShareX that creates payloads on this server.',
  responses: {
    200: {
      description: 'A file to open with ShareX.',
      types: { 'application/json': Type.Object({}, { additionalProperties: Type.Unknown() }) },
      headers: { 'content-disposition': Type.String({ description: 'The file name, mayfly.sxcu.' }) },
    },
  },
  errors: [405, 503],
});

/** Mounts the files for programs. A PUT to one of these names is a shell upload. */
export function mountProgramRoutes(app: Elysia, limits: PayloadLimits, anonymousCreate: boolean): void {
  mountEndpoints(app, [
    readLlms.by((exchange) =>
      readLlms.pass(replyText(exchange, llmsText(exchange.publicUrl, limits, anonymousCreate))),
    ),
    readRobots.by((exchange) => readRobots.pass(replyText(exchange, robots))),
    readSharex.by((exchange) => {
      const headers = {
        'content-type': 'application/json',
        'content-disposition': 'attachment; filename="mayfly.sxcu"',
      };
      const uploader = JSON.stringify(sharexUploader(exchange.publicUrl, anonymousCreate), null, 2);
      return readSharex.pass(reply(exchange, 200, headers, `${uploader}\n`));
    }),
  ]);
}

function replyText(exchange: Exchange, text: string): Response {
  return replyCompressible(exchange, keptHeaders({ 'content-type': 'text/plain; charset=utf-8' }), text);
}

/**
 * A custom uploader for ShareX (getsharex.com/docs/custom-uploader). ShareX takes the link and the deletion URL from
 * the response. It deletes by opening that URL in a browser, so it leads to a page that asks first.
 */
function sharexUploader(publicUrl: string, anonymousCreate: boolean) {
  return {
    Version: '17.0.0',
    Name: `Mayfly (${new URL(publicUrl).host})`,
    DestinationType: 'ImageUploader, TextUploader, FileUploader',
    RequestMethod: 'POST',
    RequestURL: `${publicUrl}/`,
    // If the server requires a key, users enter theirs after the import.
    Headers: { Accept: 'application/json', ...(!anonymousCreate && { Authorization: 'Bearer pl_live_…' }) },
    Body: 'MultipartFormData',
    FileFormName: 'file',
    URL: '{json:url}',
    DeletionURL: `${publicUrl}/pastes#delete={json:hash_id}:{json:delete_token}`,
    ErrorMessage: '{json:error}',
  };
}
