import { readToEnd } from '../../../core/content/counted-bytes.ts';
import { Failure } from '../../../core/failure.ts';
import type { CreatedPayload } from '../../../core/payloads/payloads.ts';
import { typeOfText } from '../../../web/compose/draft.ts';
import { contentFingerprint, writeOnce } from '../../shared/endpoints/idempotency-key.ts';
import { type Exchange, wantsPage } from '../../shared/exchange.ts';
import type { PayloadApi } from '../api.ts';
import { sharedPage } from '../pages.ts';
import { creatorOfForm } from './creator.ts';
import { isForm, readForm } from './form-file.ts';
import { withContent } from './incoming-content.ts';
import { payloadName } from './payload-name.ts';
import { mediaTypeOf } from './sniffed-type.ts';
import { readTerms } from './terms.ts';
import { formOverhead, refuseTooLong } from './upload-length.ts';

/** The fields of the page's form, in order, before its file. */
const names = ['key', 'ttl', 'max_reads', 'syntax', 'text'] as const;

/** Whether a request is the page's own form, sent by a browser without scripts. */
export function isPageForm({ request, path }: Exchange): boolean {
  return path === '/' && request.method === 'POST' && isForm(request) && wantsPage(request);
}

/** Stores the text or the file of the page's form, and returns a page. */
export async function receivePageForm(exchange: Exchange, api: PayloadApi): Promise<Response> {
  const { id, deleteToken } = await store(exchange, api);
  return sharedPage(exchange, api, await api.payloads.describe(id), deleteToken ?? '');
}

function store(exchange: Exchange, api: PayloadApi): Promise<CreatedPayload> {
  const { maxPayloadSize, maxAnonymousSize } = api.payloads.limits;
  const limit = Math.max(maxPayloadSize, maxAnonymousSize);
  return withContent(exchange, api, limit + formOverhead, ({ chunks, size }) => {
    refuseTooLong(size, limit, true);
    return storeForm(exchange, api, chunks);
  });
}

async function storeForm(
  exchange: Exchange,
  api: PayloadApi,
  body: AsyncIterable<Uint8Array>,
): Promise<CreatedPayload> {
  const { payloads } = api;
  const { request } = exchange;
  const fingerprint = contentFingerprint(exchange);
  const rules = { names, maxSize: payloads.limits.maxPayloadSize };
  const form = await readForm(exchange, body, rules, fingerprint);
  const owner = await creatorOfForm(exchange, api, (form.fields.get('key') ?? '').trim());
  const terms = { ...readTerms(request, form.fields), withDeleteToken: true };
  // Browsers send the line ends of a field as CR LF (HTML, "Form submission"), whatever was typed.
  const text = (form.fields.get('text') ?? '').replaceAll('\r\n', '\n');
  const { file } = form;
  if (file === undefined) {
    if (text === '') throw new Failure('invalid', 'The form has no text and no file');
    const mediaType = typeOfText(text, form.fields.get('syntax') ?? '');
    const { result } = await writeOnce(exchange, { content: fingerprint }, (seal) =>
      payloads.create({ ...terms, mediaType }, text, owner, seal),
    );
    return result;
  }
  if (text !== '')
    throw new Failure('invalid', 'The form has both a text and a file: share them one after the other');
  const name = payloadName(file.name);
  const { mediaType, chunks } = await mediaTypeOf({ ...file, name });
  const limit = payloads.limits.maxAnonymousSize;
  const stream = { content: fingerprint, readToEnd: () => readToEnd({ chunks, limit }) };
  const { result } = await writeOnce(exchange, stream, (seal) =>
    payloads.createFromStream({ ...terms, mediaType, name }, { chunks }, owner, seal),
  );
  return result;
}
