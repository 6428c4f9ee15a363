import { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { ContentFingerprint } from '../../../core/content/content-fingerprint.ts';
import { Failure, tooLarge } from '../../../core/failure.ts';
import { BodyBrokenOff, openBody } from '../../shared/bodies/request-body.ts';
import type { Exchange } from '../../shared/exchange.ts';
import { formOverhead } from './upload-length.ts';

type FormFile = {
  name: string | undefined;
  declaredType: string | undefined;
  chunks: AsyncIterable<Uint8Array>;
};

/** The type that curl sends for a file of unknown type: treated as no type. */
const curlFileDefault = 'application/octet-stream';
/** The type of a part without one (RFC 7578, section 4.4). */
const fieldDefault = 'text/plain';

export function isForm(request: Request): boolean {
  return /^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '');
}

/** The fields that a form may have beside its file. */
type FieldRules = {
  names: readonly string[];
  /** Maximum bytes of one field, and roughly of all fields together, which are held in memory. */
  maxSize: number;
  /** Whether a field of another name is content, as a file is. */
  takesField?: boolean;
};

/** Fields with the terms of the content; they are never content themselves. */
const termNames = ['ttl', 'max_reads', 'title', 'key'] as const;
const maxTermLength = 4096;
/** Maximum file inputs of a form; all except one must be empty. */
const maxFiles = 16;

/** The fields of a form and a stream of its file, which ends the form. */
type Form = { fields: Map<string, string>; file: FormFile | undefined };

/**
 * The file of a `multipart/form-data` request, or its one field that is no term, as a stream, with the terms before it.
 *
 * @throws Failure `invalid` if the form has no content or more than one, or cannot be parsed. A second file is found
 *   only after the first was read: then the stream of the first fails, and nothing is stored.
 */
export async function formFile(
  exchange: Exchange,
  chunks: AsyncIterable<Uint8Array>,
  fingerprint?: ContentFingerprint,
): Promise<FormFile & { fields: Map<string, string> }> {
  const rules = { names: termNames, maxSize: maxTermLength, takesField: true };
  const { file, fields } = await readForm(exchange, chunks, rules, fingerprint);
  if (file === undefined) throw new Failure('invalid', 'The form has no file');
  return { ...file, fields };
}

/**
 * The fields of a form, and its file if it has one. Fields come before the file, each at most once.
 *
 * @param chunks The decoded form.
 * @param fingerprint Receives all parts, so that a repeat of the request can be distinguished from another one.
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
  // Without fields there is nothing to hold.
  const counted = rules.maxSize > 0 ? heldUntil(() => hasFile, chunks, exchange) : chunks;
  const body = Readable.from(counted, { objectMode: false });
  const fields = new Map<string, string>();
  return new Promise((resolve, reject) => {
    const parser = openParser(contentType, rules);
    let isRefused = false;
    let received = 0;
    let held = 0;
    const { promise: finished, resolve: finish, reject: fail } = Promise.withResolvers<void>();
    const refuse = (failure: Failure) => {
      isRefused = true;
      fail(failure);
      // Stop reading. Without an error: the body would emit it as its own.
      body.destroy();
    };
    parser.on('finish', finish);
    parser.on('error', (error) => fail(asFailure(error)));
    parser.on('filesLimit', () => refuse(severalFiles()));
    body.on('error', fail);
    body.on('data', ({ length }: Uint8Array) => {
      if (!hasFile && received > rules.maxSize + formOverhead) refuse(tooLarge('The form', rules.maxSize));
      received += length;
    });
    // The reader of the file awaits `finished`; without a file, this promise has to fail.
    finished.then(() => resolve({ fields, file: undefined }), reject);
    parser.on('field', (name, value, _isNameCut, isValueCut) => {
      if (hasFile || !rules.names.includes(name) || fields.has(name)) refuse(unfitField(rules));
      else if (isValueCut) refuse(tooLarge(name, rules.maxSize));
      else {
        fields.set(name, value);
        fingerprint?.beginPart('field', name).update(value);
        // Also checked here: a form that arrives in one chunk is not seen to grow.
        held += Buffer.byteLength(value);
        if (held > rules.maxSize) refuse(tooLarge('The form', rules.maxSize));
      }
    });
    parser.on('file', (field, file, fileName, _encoding, type) => {
      // If the form is refused nobody reads the file, but its errors need a listener.
      file.on('error', () => undefined);
      const take = () => {
        if (isRefused) return;
        if (hasFile) return refuse(severalFiles());
        hasFile = true;
        const whole = wholeFile(file, finished);
        const isUntyped = type === curlFileDefault || (fileName === undefined && type === fieldDefault);
        resolve({
          fields,
          file: {
            name: fileName && unescaped(fileName),
            declaredType: isUntyped ? undefined : type,
            chunks:
              fingerprint?.through(whole, fingerprint.beginPart('file', field, fileName ?? '', type)) ??
              whole,
          },
        });
      };
      if (fileName === undefined && field === undefined) refuse(unfitField(rules));
      else if (fileName === '') whereFilled(file, take);
      else take();
    });
    body.pipe(parser);
  });
}

/** The body of a form. Bytes before the file count as memory, because the parser holds all fields. */
async function* heldUntil(
  hasFile: () => boolean,
  chunks: AsyncIterable<Uint8Array>,
  exchange: Exchange,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    // A small body is already in memory, and counted.
    if (!hasFile() && exchange.smallBody === undefined) await openBody(exchange, true).hold(chunk.length);
    yield chunk;
  }
}

function unfitField({ names }: FieldRules): Failure {
  return new Failure(
    'invalid',
    `The form must have its file last, and before it at most ${names.join(', ')}, each once`,
  );
}

function severalFiles(): Failure {
  return new Failure('invalid', 'The form must have one file, or one field that is the content, not several');
}

/** The escapes of a name; anything else is part of the name (HTML, "multipart/form-data encoding algorithm"). */
const escapes: Record<string, string> = { '%22': '"', '%0D': '\r', '%0A': '\n' };

function unescaped(name: string): string {
  return name.replaceAll(/%22|%0D|%0A/g, (text) => escapes[text] ?? text);
}

/** Ignores a file without a name and content, which is an empty input (HTML, "constructing the entry list"). */
function whereFilled(file: Readable, take: () => void): void {
  file.once('readable', () => {
    const first: unknown = file.read();
    if (first === null) return;
    file.unshift(first);
    take();
  });
}

function openParser(contentType: string, { names, maxSize, takesField = false }: FieldRules) {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits: { files: maxFiles, fieldSize: maxSize },
      isPartAFile: (field, type, fileName) =>
        fileName !== undefined || (takesField ? !names.includes(field ?? '') : type === curlFileDefault),
    });
  } catch (error) {
    throw asFailure(error);
  }
}

/** The bytes of the file, which is complete only if the rest of the form is valid. */
async function* wholeFile(file: Readable, finished: Promise<void>): AsyncGenerator<Uint8Array> {
  // A form that breaks off never ends its file, so fail the file with it.
  finished.catch((error: Error) => file.destroy(error));
  try {
    yield* file as AsyncIterable<Uint8Array>;
  } catch (error) {
    // The parser reports some errors through the file only.
    throw error instanceof BodyBrokenOff ? error : asFailure(error);
  }
  await finished;
}

/** Without a cause, which would be logged as a fault of this server: the error is the client's. */
function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure('invalid', 'The form cannot be read');
}
