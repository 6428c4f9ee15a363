import type { Elysia } from 'elysia';
import { formatTime } from '../../core/expiry.ts';
import type { CreatedPayload } from '../../core/payloads.ts';
import { fitFileName } from '../../naming/file-name.ts';
import { type Exchange, reply, replyJson, wantsPage } from '../shared/exchange.ts';
import { contentFingerprint, replayedHeader, streamIdempotencyKey } from '../shared/idempotency-key.ts';
import { mountResource } from '../shared/resource.ts';
import type { PayloadApi } from './api.ts';
import { creatorOf, creatorOfForm } from './creator.ts';
import { formFile, isForm } from './form-file.ts';
import { withContent } from './incoming-content.ts';
import { createdBody, shareUrl } from './json-answer.ts';
import { formOperation, uploadNamedOperation, uploadUnnamedOperation, usageOperation } from './operations.ts';
import { isPageForm, receivePageForm } from './page-form.ts';
import { composePage } from './pages.ts';
import { nameInPath, payloadName } from './payload-name.ts';
import { mediaTypeOf } from './sniffed-type.ts';
import { readTerms } from './terms.ts';
import { formOverhead, refuseTooLong } from './upload-length.ts';
import { usage } from './usage.ts';

/**
 * Uploads as curl makes them: `-T`, `--data-binary`, `-F`, and a pipe (docs/contract/payloads.md, "Shell uploads").
 */
export function mountShellRoutes(app: Elysia, api: PayloadApi): void {
  const upload = (exchange: Exchange, name?: string) => receive(exchange, api, name);
  mountResource(app, '/', {
    GET: {
      handler: (exchange) =>
        wantsPage(exchange.request) ? composePage(exchange, api) : replyUsage(exchange, api),
      operation: usageOperation,
    },
    POST: {
      handler: (exchange) => (isPageForm(exchange) ? receivePageForm(exchange, api) : upload(exchange)),
      operation: formOperation,
    },
    PUT: { handler: (exchange) => upload(exchange), operation: uploadUnnamedOperation },
  });
  // Other methods on other names at the root are plain unknown paths: 404, not 405.
  const put = (exchange: Exchange) => upload(exchange, nameInPath(exchange.path));
  mountResource(
    app,
    '/:name',
    { PUT: { handler: put, operation: uploadNamedOperation } },
    { openEnded: true },
  );
}

function replyUsage(exchange: Exchange, { publicUrl, payloads, anonymousCreate }: PayloadApi): Response {
  const headers = { 'content-type': 'text/plain; charset=utf-8', vary: 'Accept' };
  return reply(exchange, 200, headers, usage(publicUrl, payloads.limits, anonymousCreate));
}

async function receive(exchange: Exchange, api: PayloadApi, pathName?: string): Promise<Response> {
  const { request } = exchange;
  // Before the body is read; a form may bring terms too.
  readTerms(request);
  const asForm = isForm(request);
  // A form may bring its key in a field.
  const creator = asForm ? null : creatorOf(exchange, api);
  const limit = api.payloads.limits.maxAnonymousSize;
  return withContent(exchange, api, asForm ? limit + formOverhead : limit, async ({ chunks: body, size }) => {
    refuseTooLong(size, limit, asForm);
    const content = contentFingerprint(exchange);
    const source = asForm
      ? await formFile(exchange, body, content)
      : {
          name: pathName,
          declaredType: request.headers.get('content-type') || undefined,
          chunks: content?.through(body) ?? body,
          fields: new Map<string, string>(),
        };
    const owner = asForm ? await creatorOfForm(exchange, api, source.fields.get('key') ?? '') : creator;
    const once = streamIdempotencyKey(exchange, content);
    const terms = readTerms(request, source.fields);
    const title = source.fields.get('title');
    const name = payloadName(source.name) ?? (title ? fitFileName(title) : undefined);
    const { mediaType, chunks } = await mediaTypeOf({ ...source, name });
    const { result, replayed } = await api.payloads.createFromStream(
      { ...terms, mediaType, name, withDeleteToken: true },
      { chunks, declaredSize: asForm ? undefined : size },
      once,
      owner,
    );
    return replyCreated(exchange, api, result, replayed);
  });
}

function replyCreated(
  exchange: Exchange,
  { publicUrl }: PayloadApi,
  created: CreatedPayload,
  replayed: boolean,
): Response {
  const url = shareUrl(publicUrl, created.id);
  const headers = {
    location: url,
    'x-expires-at': formatTime(created.expiresAt),
    ...(created.deleteToken !== null && { 'x-delete-token': created.deleteToken }),
    'cache-control': 'no-store',
    ...replayedHeader(replayed),
  };
  if (exchange.request.headers.get('accept')?.includes('application/json'))
    return replyJson(exchange, 201, createdBody(created, publicUrl), headers);
  return reply(exchange, 201, { 'content-type': 'text/plain; charset=utf-8', ...headers }, `${url}\n`);
}
