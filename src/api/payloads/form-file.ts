import { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { ContentFingerprint } from '../../core/content/content-fingerprint.ts';
import { Failure, tooLarge } from '../../core/failure.ts';
import { BodyBrokenOff, openBody } from '../shared/bodies/request-body.ts';
import type { Exchange } from '../shared/exchange.ts';
import { formOverhead } from './upload-length.ts';

type FormFile = {
  name: string | undefined;
  declaredType: string | undefined;
  chunks: AsyncIterable<Uint8Array>;
};

/** What curl says of a file that it does not know: as good as no type at all. */
const curlFileDefault = 'application/octet-stream';
/** What a part without a type is (RFC 7578, section 4.4). */
const fieldDefault = 'text/plain';

export function isForm(request: Request): boolean {
  return /^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '');
}

/** What a form may bring beside its file. */
type FieldRules = {
  names: readonly string[];
  /** The most bytes of one, and about the most of all that comes before the file: it is held. */
  maxSize: number;
  /** Whether a field of any other name is content, as a file is. */
  takesField?: boolean;
};

/** Fields of a form that say what is to become of its content; they are never content themselves. */
const termNames = ['ttl', 'max_reads', 'title', 'key'] as const;
const maxTermLength = 4096;
/** Forms may have as many file inputs; all but one must have been left empty. */
const maxFiles = 16;

/** A form, as far as it is read: its file is a stream, behind which there is nothing more. */
type Form = { fields: Map<string, string>; file: FormFile | undefined };

/**
 * The one file of a `multipart/form-data` request, or its one field that is no term, as a stream, with the terms that
 * came before it.
 *
 * @throws Failure `invalid` where the form has no content or more than one, or cannot be read. The second file is found
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
 * The fields of a form, and its one file where it has one. Fields come before the file, each at most once.
 *
 * @param chunks The form, decoded where it has a coding.
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
  // Where no fields are taken there is nothing to hold.
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
      // Nothing more needs to come. Without an error: the body would throw it, and tell of it as its own.
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
      // Nobody may come to read the file, its name being refused for one: its errors must find a listener.
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

/** The body of a form, counted as memory up to its file: the parser holds all fields. */
async function* heldUntil(
  hasFile: () => boolean,
  chunks: AsyncIterable<Uint8Array>,
  exchange: Exchange,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    // A small one is in memory already, and counts.
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

/** What escapes in a name stand for; all others are part of the name (HTML, "multipart/form-data encoding algorithm"). */
const escapes: Record<string, string> = { '%22': '"', '%0D': '\r', '%0A': '\n' };

function unescaped(name: string): string {
  return name.replaceAll(/%22|%0D|%0A/g, (text) => escapes[text] ?? text);
}

/** A file without a name and without a byte is an input that was left empty (HTML, "constructing the entry list"). */
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
