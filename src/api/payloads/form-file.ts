import { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { ContentFingerprint } from '../../core/content-fingerprint.ts';
import { Failure, tooLarge } from '../../core/failure.ts';
import type { Exchange } from '../shared/exchange.ts';
import { BodyBrokenOff, openBody } from '../shared/request-body.ts';
import { formOverhead } from './upload-length.ts';

export type FormFile = {
  name: string | undefined;
  declaredType: string | undefined;
  chunks: AsyncIterable<Uint8Array>;
};

/** What curl says of a file that it does not know: as good as no type at all. */
const curlFileDefault = 'application/octet-stream';

export function isForm(request: Request): boolean {
  return /^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '');
}

/** What a form may bring beside its file. */
type FieldRules = {
  names: readonly string[];
  /** The most bytes of one, and about the most of all that comes before the file: it is held. */
  maxSize: number;
};

/** A form, as far as it is read: its file is a stream, behind which there is nothing more. */
export type Form = { fields: Map<string, string>; file: FormFile | undefined };

/**
 * The one file of a `multipart/form-data` request, as a stream.
 *
 * @throws Failure `invalid` where the form has no file or more than one, anything else, or cannot be read. The second
 *   file is found only after the first was read: then the stream of the first fails, and nothing is stored.
 */
export async function formFile(
  exchange: Exchange,
  chunks: AsyncIterable<Uint8Array>,
  fingerprint?: ContentFingerprint,
): Promise<FormFile> {
  const { file } = await readForm(exchange, chunks, { names: [], maxSize: 0 }, fingerprint);
  if (file === undefined) throw new Failure('invalid', 'The form has no file');
  return file;
}

/**
 * The fields of a form, and its one file where it has one. Fields come before the file, each at most once.
 *
 * @param chunks The form, decoded where it has a coding.
 * @param fingerprint Is given all parts, so that a repeat of the request can be told from another one.
 * @throws Failure as `formFile` does, and `too_large` for a field
 */
export function readForm(
  exchange: Exchange,
  chunks: AsyncIterable<Uint8Array>,
  rules: FieldRules,
  fingerprint?: ContentFingerprint,
): Promise<Form> {
  const contentType = exchange.request.headers.get('content-type') ?? '';
  let hasFile = false;
  // Where no fields are taken there is nothing to hold.
  const counted = rules.maxSize > 0 ? heldUntil(() => hasFile, chunks, exchange) : chunks;
  const body = Readable.from(counted, { objectMode: false });
  const fields = new Map<string, string>();
  return new Promise((resolve, reject) => {
    const parser = openParser(contentType, rules.maxSize);
    let isRefused = false;
    let received = 0;
    let held = 0;
    const { promise: finished, resolve: finish, reject: fail } = Promise.withResolvers<void>();
    const refuse = (failure: Failure) => {
      isRefused = true;
      fail(failure);
      // Nothing more needs to come. Without an error: the body would throw it, and tell of it as its own.
      body.destroy();
    };
    parser.on('finish', finish);
    parser.on('error', (error) => fail(asFailure(error)));
    parser.on('filesLimit', () => refuse(new Failure('invalid', 'The form must have one file, not several')));
    body.on('error', fail);
    body.on('data', ({ length }: Uint8Array) => {
      if (!hasFile && received > rules.maxSize + formOverhead) refuse(tooLarge('The form', rules.maxSize));
      received += length;
    });
    // Whoever reads the file awaits it; before there is a file, it is this promise that has to fail.
    finished.then(() => resolve({ fields, file: undefined }), reject);
    parser.on('field', (name, value, _isNameCut, isValueCut) => {
      if (hasFile || !rules.names.includes(name) || fields.has(name)) refuse(unfitField(rules));
      else if (isValueCut) refuse(tooLarge(name, rules.maxSize));
      else {
        fields.set(name, value);
        fingerprint?.beginPart('field', name).update(value);
        // A form that comes in one piece is never seen to grow.
        held += Buffer.byteLength(value);
        if (held > rules.maxSize) refuse(tooLarge('The form', rules.maxSize));
      }
    });
    parser.on('file', (field, file, fileName, _encoding, type) => {
      hasFile = true;
      // Nobody may come to read the file, its name being refused for one: its errors must find a listener.
      file.on('error', () => undefined);
      if (isRefused) return;
      const whole = wholeFile(file, finished);
      resolve({
        fields,
        file: {
          name: fileName,
          declaredType: type === curlFileDefault ? undefined : type,
          chunks:
            fingerprint?.through(whole, fingerprint.beginPart('file', field, fileName ?? '', type)) ?? whole,
        },
      });
    });
    body.pipe(parser);
  });
}

/** The body of a form, counted as memory up to its file: the parser holds all fields. */
async function* heldUntil(
  hasFile: () => boolean,
  chunks: AsyncIterable<Uint8Array>,
  exchange: Exchange,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (!hasFile()) await openBody(exchange, true).hold(chunk.length);
    yield chunk;
  }
}

function unfitField({ names }: FieldRules): Failure {
  return new Failure(
    'invalid',
    names.length === 0
      ? 'The form must have nothing beside its file; expiry and reads go in ?ttl and ?max_reads'
      : `The form must have its file last, and before it at most ${names.join(', ')}, each once`,
  );
}

function openParser(contentType: string, fieldSize: number) {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits: { files: 1, fieldSize } });
  } catch (error) {
    throw asFailure(error);
  }
}

/** The file's bytes; it is whole only when the form around it has ended as it should. */
async function* wholeFile(file: Readable, finished: Promise<void>): AsyncGenerator<Uint8Array> {
  // A form that breaks off never ends its file: whichever comes first is the end.
  finished.catch((error: Error) => file.destroy(error));
  try {
    yield* file as AsyncIterable<Uint8Array>;
  } catch (error) {
    // The parser tells some of its complaints through the file alone.
    throw error instanceof BodyBrokenOff ? error : asFailure(error);
  }
  await finished;
}

/** Without its cause, which would be logged as a fault of this server: whoever sent the form has to mend it. */
function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure('invalid', 'The form cannot be read');
}
