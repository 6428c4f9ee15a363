import { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { Failure } from '../../core/failure.ts';
import { BodyBrokenOff, bodyChunks } from '../shared/request-body.ts';

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

/**
 * The one file of a `multipart/form-data` request, as a stream.
 *
 * @throws Failure `invalid` where the form has no file or more than one, or cannot be read. The second file
 *   is found only after the first was read: then the stream of the first fails, and nothing is stored.
 */
export function formFile(request: Request): Promise<FormFile> {
  const contentType = request.headers.get('content-type') ?? '';
  const body = Readable.from(bodyChunks(request), { objectMode: false });
  return new Promise((resolve, reject) => {
    const parser = openParser(contentType);
    const finished = new Promise<void>((settle, fail) => {
      parser.on('finish', settle);
      parser.on('error', (error) => fail(asFailure(error)));
      parser.on('filesLimit', () => fail(new Failure('invalid', 'The form must have one file, not several')));
      body.on('error', fail);
    });
    // Whoever reads the file awaits it; before there is a file, it is this promise that has to fail.
    finished.then(() => reject(new Failure('invalid', 'The form has no file')), reject);
    parser.on('field', () =>
      body.destroy(
        new Failure(
          'invalid',
          'The form must have nothing beside its file; expiry and reads go in ?ttl and ?max_reads',
        ),
      ),
    );
    parser.on('file', (_field, file, fileName, _encoding, type) => {
      // Nobody may come to read the file, its name being refused for one: its errors must find a listener.
      file.on('error', () => undefined);
      resolve({
        name: fileName,
        declaredType: type === curlFileDefault ? undefined : type,
        chunks: wholeFile(file, finished),
      });
    });
    body.pipe(parser);
  });
}

function openParser(contentType: string) {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits: { files: 1 } });
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
    throw error instanceof Failure || error instanceof BodyBrokenOff ? error : asFailure(error);
  }
  await finished;
}

function asFailure(cause: unknown): Failure {
  return new Failure('invalid', 'The form cannot be read', { cause });
}
