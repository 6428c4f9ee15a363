import { Failure } from '../../core/failure.ts';
import { requireFileName } from '../../core/objects/file-name.ts';
import type { CreatedPayload } from '../../core/payloads.ts';
import { typeOfText } from '../../web/compose/draft.ts';
import { type Exchange, wantsPage } from '../shared/exchange.ts';
import { idempotencyKey } from '../shared/idempotency-key.ts';
import type { PayloadApi } from './api.ts';
import { creatorOfForm } from './creator.ts';
import { type FormFile, isForm, readForm } from './form-file.ts';
import { sharedPage } from './pages.ts';
import { mediaTypeOf } from './sniffed-type.ts';
import { readTerms } from './terms.ts';
import { refuseTooLong } from './upload-length.ts';

/** The fields of the page's form, in its order; its file comes behind them. */
const names = ['key', 'ttl', 'max_reads', 'syntax', 'text'] as const;

/** Whether a request is the page's own form, sent by a browser without scripts. */
export function isPageForm({ request, path }: Exchange): boolean {
  return path === '/' && request.method === 'POST' && isForm(request) && wantsPage(request);
}

/** Takes the text or the file of the page's form, and answers with a page. */
export async function receivePageForm(exchange: Exchange, api: PayloadApi): Promise<Response> {
  const { id, deleteToken } = await store(exchange, api);
  return sharedPage(exchange, api, await api.payloads.describe(id), deleteToken ?? '');
}

async function store(exchange: Exchange, api: PayloadApi): Promise<CreatedPayload> {
  const { payloads } = api;
  const { request } = exchange;
  const { maxPayloadSize, maxAnonymousSize } = payloads.limits;
  refuseTooLong(request, Math.max(maxPayloadSize, maxAnonymousSize), true);
  const form = await readForm(request, { names, maxSize: maxPayloadSize });
  const owner = await creatorOfForm(exchange, api, (form.fields.get('key') ?? '').trim());
  const once = idempotencyKey(exchange);
  const terms = { ...readTerms(request, form.fields), withDeleteToken: true };
  // Browsers send the line ends of a field as CR LF (HTML, "Form submission"); nobody has typed them so.
  const text = (form.fields.get('text') ?? '').replaceAll('\r\n', '\n');
  const file = form.file && (await unlessEmpty(form.file));
  if (file === undefined) {
    if (text === '') throw new Failure('invalid', 'There is no text and no file');
    const mediaType = typeOfText(text, form.fields.get('syntax') ?? '');
    return (await payloads.create({ ...terms, mediaType }, text, once, owner)).result;
  }
  if (text !== '') throw new Failure('invalid', 'There is a text and a file: share one after the other');
  const name = file.name ? requireFileName(file.name) : undefined;
  const { mediaType, chunks } = await mediaTypeOf({ ...file, name });
  return (await payloads.createFromStream({ ...terms, mediaType, name }, { chunks }, once, owner)).result;
}

/** Where nobody chose a file, browsers send one without a name and without a byte. */
async function unlessEmpty(file: FormFile): Promise<FormFile | undefined> {
  if (file.name) return file;
  const iterator = file.chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return undefined;
  const whole = async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { ...file, chunks: whole() };
}
