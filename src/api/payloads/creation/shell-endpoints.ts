import { type TObject, Type } from '@sinclair/typebox';
import { readToEnd } from '../../../core/content/counted-bytes.ts';
import { formatTime } from '../../../core/expiry.ts';
import type { CreatedPayload } from '../../../core/payloads/payloads.ts';
import { fitFileName } from '../../../naming/file-name.ts';
import { ttlRule } from '../../shared/endpoints/core-rules.ts';
import type { Answer, Endpoint } from '../../shared/endpoints/endpoint.ts';
import { anyBytes } from '../../shared/endpoints/endpoint-definition.ts';
import { contentFingerprint, idempotency, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { optionalText } from '../../shared/endpoints/schemas.ts';
import { type Exchange, reply, wantsPage } from '../../shared/exchange.ts';
import type { PayloadApi } from '../api.ts';
import { createdBody, shareUrl } from '../created-answer.ts';
import { creationSecurity, decodedEncodingHeader, endpoint } from '../endpoints.ts';
import { composePage } from '../pages.ts';
import { CreatedPayload as Created } from '../schemas.ts';
import { usage } from '../usage.ts';
import { creatorOf, creatorOfForm } from './creator.ts';
import { formFile, isForm } from './form-file.ts';
import { withContent } from './incoming-content.ts';
import { isPageForm, receivePageForm } from './page-form.ts';
import { nameInPath, payloadName } from './payload-name.ts';
import { mediaTypeOf } from './sniffed-type.ts';
import { readTerms } from './terms.ts';
import { formOverhead, refuseTooLong } from './upload-length.ts';

const text = { 'text/plain': Type.String() };

const usageEndpoint = endpoint({
  method: 'GET',
  path: '/',
  operationId: 'usage',
  summary: 'How to use this service from a shell',
  description: 'A text with commands for curl. A browser gets the page that creates payloads.',
  responses: {
    200: {
      description: 'Plain text; for a browser the page.',
      types: { ...text, 'text/html': Type.String() },
    },
  },
});

const upload = {
  summary: 'Upload bytes as they are (curl -T)',
  description:
    'The body is the content. The type follows from its file name and first bytes unless Content-Type names it. Send ' +
    '`Accept: application/json` for a response in JSON.',
  security: creationSecurity,
  query: Type.Object({
    ttl: optionalText('The TTL: seconds, or 90s, 10m, 2h, 7d. Also as the header X-TTL.', ttlRule),
    max_reads: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'The payload is deleted after this number of reads. Also as the header X-Max-Reads.',
      }),
    ),
  }),
  headers: Type.Object({
    'Content-Encoding': decodedEncodingHeader,
    ...idempotency.requestHeaders.properties,
  }),
  bodyTypes: anyBytes,
  responses: {
    201: {
      description:
        'Created. The body is the share URL; with `Accept: application/json`, the same as of createPayload.',
      body: Created,
      types: text,
      headers: {
        location: Type.String({ description: 'The share URL.' }),
        'x-expires-at': Type.String({ description: 'The expiry.' }),
        'x-delete-token': optionalText('Deleting needs it.'),
        'cache-control': Type.Literal('no-store'),
        ...idempotency.responseHeaders,
      },
    },
  },
  errors: [413],
} as const;

const uploadUnnamed = endpoint({ ...upload, method: 'PUT', path: '/', operationId: 'upload' });
const uploadNamed = endpoint({
  ...upload,
  method: 'PUT',
  path: '/:name',
  operationId: 'uploadNamed',
  params: Type.Object({ name: Type.String({ description: 'The file name.' }) }),
});
const uploadForm = endpoint({
  ...upload,
  method: 'POST',
  path: '/',
  operationId: 'uploadForm',
  summary: 'Upload bytes as they are (curl --data-binary) or the one file of a form (curl -F)',
  // Some generators use only the first media type, so it is the one that a program would send.
  bodyTypes: {
    'multipart/form-data': Type.Object(
      {
        ttl: optionalText('As ttl in the query.'),
        max_reads: optionalText('As max_reads in the query.'),
        title: optionalText('The name of content that has none.'),
        file: Type.String({ format: 'binary' }),
      },
      { description: 'One file, or one field of any other name instead, after its terms.' },
    ),
    ...anyBytes,
  },
  responses: { 201: { ...upload.responses[201], types: { ...text, 'text/html': Type.String() } } },
  errors: [404, 413],
  errorDescriptions: { 404: 'The form of the page was sent again, and its payload is gone.' },
});

/** Uploads as curl makes them: `-T`, `--data-binary`, `-F`, and a pipe (docs/contract/payloads.md, "Shell uploads"). */
export const shellEndpoints = (api: PayloadApi) => [
  usageEndpoint.by((exchange) =>
    usageEndpoint.pass(wantsPage(exchange.request) ? composePage(exchange, api) : replyUsage(exchange, api)),
  ),
  uploadForm.by((exchange) =>
    isPageForm(exchange)
      ? uploadForm.pass(receivePageForm(exchange, api))
      : receive(uploadForm, exchange, api),
  ),
  uploadUnnamed.by((exchange) => receive(uploadUnnamed, exchange, api)),
];

/** Other methods on other names at the root are unknown paths: 404, not 405. Mount it open-ended. */
export const namedUpload = (api: PayloadApi) =>
  uploadNamed.by((exchange) => receive(uploadNamed, exchange, api, nameInPath(exchange.path)));

function replyUsage(exchange: Exchange, { publicUrl, payloads, anonymousCreate }: PayloadApi): Response {
  const headers = { 'content-type': 'text/plain; charset=utf-8', vary: 'Accept' };
  return reply(exchange, 200, headers, usage(publicUrl, payloads.limits, anonymousCreate));
}

type UploadEndpoint<Id extends string> = Pick<
  Endpoint<Id, typeof upload.responses, TObject>,
  'answer' | 'pass'
>;

function receive<Id extends string>(
  endpoint: UploadEndpoint<Id>,
  exchange: Exchange,
  api: PayloadApi,
  pathName?: string,
): Promise<Answer<Id>> {
  const { request } = exchange;
  // Before the body is read; a form may also contain terms.
  readTerms(request);
  const asForm = isForm(request);
  // A form may have its key in a field.
  const creator = asForm ? null : creatorOf(exchange, api);
  const limit = api.payloads.limits.maxAnonymousSize;
  return withContent(exchange, api, asForm ? limit + formOverhead : limit, async ({ chunks: body, size }) => {
    refuseTooLong(size, limit, asForm);
    const fingerprint = contentFingerprint(exchange);
    const source = asForm
      ? await formFile(exchange, body, fingerprint)
      : {
          name: pathName,
          declaredType: request.headers.get('content-type') || undefined,
          chunks: fingerprint?.through(body) ?? body,
          fields: new Map<string, string>(),
        };
    const owner = asForm ? await creatorOfForm(exchange, api, source.fields.get('key') ?? '') : creator;
    const terms = readTerms(request, source.fields);
    const title = source.fields.get('title');
    const name = payloadName(source.name) ?? (title ? fitFileName(title) : undefined);
    const { mediaType, chunks } = await mediaTypeOf({ ...source, name });
    const payload = { ...terms, mediaType, name, withDeleteToken: true };
    const incoming = { chunks, declaredSize: asForm ? undefined : size };
    const stream = { content: fingerprint, readToEnd: () => readToEnd({ ...incoming, limit }) };
    const { result } = await writeOnce(exchange, stream, (seal) =>
      api.payloads.createFromStream(payload, incoming, owner, seal),
    );
    return answerCreated(endpoint, exchange, api, result);
  });
}

function answerCreated<Id extends string>(
  endpoint: UploadEndpoint<Id>,
  exchange: Exchange,
  { publicUrl }: PayloadApi,
  created: CreatedPayload,
): Answer<Id> {
  const url = shareUrl(publicUrl, created.id);
  const headers = {
    location: url,
    'x-expires-at': formatTime(created.expiresAt),
    ...(created.deleteToken !== null && { 'x-delete-token': created.deleteToken }),
    'cache-control': 'no-store' as const,
  };
  if (exchange.request.headers.get('accept')?.includes('application/json'))
    return endpoint.answer(exchange, 201, createdBody(created, publicUrl), headers);
  const plain = { 'content-type': 'text/plain; charset=utf-8', ...headers };
  return endpoint.pass(reply(exchange, 201, plain, `${url}\n`));
}
