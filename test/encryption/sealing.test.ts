import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  canSeal,
  newSecret,
  parseSecret,
  readSealed,
  SealError,
  seal,
  sealedMediaType,
  sealedSize,
  unseal,
} from '../../src/encryption/index.ts';
import { deriveKeys } from '../../src/encryption/keys.ts';
import { sealBy } from '../../src/encryption/seal.ts';
import { checkout } from '../support/parts.ts';
import { content, open } from './opened.ts';

setDefaultTimeout(60_000);

const plain = { name: null, type: 'text/plain' };
const refusal = (code: string) => expect.objectContaining({ name: 'SealError', code });
const bytesOf = async (stream: ReadableStream<Uint8Array>) => new Response(stream as BodyInit).bytes();

/** A stream of chunks of these lengths, and whether it was canceled. */
function inChunks(bytes: Uint8Array, lengths: number[]) {
  let at = 0;
  let reads = 0;
  let isLeft = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        const length = lengths[reads % lengths.length] ?? 1;
        controller.enqueue(bytes.slice(at, at + length));
        at += length;
        reads += 1;
      },
      cancel() {
        isLeft = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, read: () => at, isLeft: () => isLeft };
}

describe('sealing', () => {
  test('returns content and metadata of any kind, with any chunk sizes in transit', async () => {
    const metadata = fc.record({
      name: fc.option(fc.string({ unit: 'grapheme', maxLength: 60 })),
      type: fc.string({ maxLength: 40 }),
    });
    const length = fc.oneof(
      fc.nat(3000),
      fc.integer({ min: 65_400, max: 65_700 }),
      fc.integer({ min: 130_900, max: 131_200 }),
    );
    const lengths = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(metadata, length, lengths, async (metadata, length, lengths) => {
        const { secret, stream } = await seal(inChunks(content(length), [...lengths, 9000]).stream, metadata);
        const sealed = await bytesOf(stream);
        expect(sealed.length).toBe(sealedSize(length, metadata));
        const opened = await unseal(inChunks(sealed, [...lengths, 9000]).stream, secret);
        expect(opened.metadata).toEqual(metadata);
        expect(Buffer.compare(await bytesOf(opened.stream), content(length))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('returns the size in advance if that of the content is known', async () => {
    for (const source of [content(70_000), new Blob([content(70_000)])]) {
      const { size, stream } = await seal(source, plain);
      expect(size).toBe(sealedSize(70_000, plain));
      expect((await bytesOf(stream)).length).toBe(sealedSize(70_000, plain));
    }
    expect((await seal(inChunks(content(5), [5]).stream, plain)).size).toBeUndefined();
  });

  test('uses a new secret, salt and ciphertext each time', async () => {
    const once = await seal(content(100), plain);
    const again = await seal(content(100), plain);
    const [one, other] = [await bytesOf(once.stream), await bytesOf(again.stream)];
    expect(once.secret).not.toBe(again.secret);
    expect(Buffer.compare(one.subarray(12, 28), other.subarray(12, 28))).not.toBe(0);
    expect(Buffer.compare(one.subarray(60), other.subarray(60))).not.toBe(0);
  });

  test('reveals neither name nor type nor content', async () => {
    const secretWords = { name: 'a-telling-name.txt', type: 'text/x-telling' };
    const sealed = Buffer.from(await bytesOf((await seal(Buffer.from('telling words'), secretWords)).stream));
    for (const word of ['telling', 'name', 'type']) expect(sealed.includes(word)).toBe(false);
    expect(sealedMediaType).toBe('application/vnd.mayfly.sealed');
    expect(canSeal()).toBe(true);
  });

  test('refuses a name that is too long', async () => {
    const name = 'x'.repeat(17_000);
    await expect(seal(content(1), { name, type: '' })).rejects.toThrow(RangeError);
    expect(() => sealedSize(1, { name, type: '' })).toThrow(RangeError);
  });
});

describe('streams', () => {
  test('are read only on demand', async () => {
    const source = inChunks(content(20 * 65_536), [65_536]);
    const { secret, stream } = await seal(source.stream, plain);
    expect(source.read()).toBe(0);
    const opened = await unseal(stream, secret);
    const reader = opened.stream.getReader();
    await reader.read();
    expect(source.read()).toBeLessThanOrEqual(5 * 65_536);
    await reader.cancel();
    expect(source.isLeft()).toBe(true);
  });

  test.each(['before anything is read', 'after a chunk'])(
    'are canceled with the stream made of them, %s',
    async (when) => {
      const source = inChunks(content(20 * 65_536), [1000]);
      const reader = (await seal(source.stream, plain)).stream.getReader();
      if (when === 'after a chunk') await reader.read().then(() => reader.read());
      await reader.cancel();
      expect(source.isLeft()).toBe(true);
    },
  );

  test('are canceled if they are refused', async () => {
    const { secret, stream } = await seal(content(500_000), plain);
    const sealed = await bytesOf(stream);
    const refused = async (bytes: Uint8Array, secret: string) => {
      const source = inChunks(bytes, [1000]);
      await unseal(source.stream, secret)
        .then(({ stream }) => bytesOf(stream))
        .catch(() => undefined);
      return source.isLeft();
    };
    expect(await refused(sealed, newSecret())).toBe(true);
    expect(await refused(content(500_000), secret)).toBe(true);
    const altered = sealed.slice();
    altered[61] = (altered[61] ?? 0) ^ 1;
    expect(await refused(altered, secret)).toBe(true);
  });

  test('fail with the error of their source', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('disk')),
    });
    const { stream } = await seal(broken, plain);
    await expect(bytesOf(stream)).rejects.toThrow('disk');
  });

  test('of a gibibyte take no more memory than short ones', () => {
    const program = join(checkout, 'test/encryption/large-stream.ts');
    const child = Bun.spawnSync([process.execPath, '--no-env-file', program, '1024'], { cwd: checkout });
    expect(child.stderr.toString()).toBe('');
    const { bytes, peak } = JSON.parse(child.stdout.toString());
    expect(bytes).toBe(1024 ** 3);
    expect(peak).toBeLessThan(300 * 1024 ** 2);
  });
});

describe('a secret', () => {
  test('is 32 random bytes in 43 characters', () => {
    const secrets = Array.from({ length: 200 }, newSecret);
    expect(new Set(secrets).size).toBe(200);
    for (const secret of secrets) {
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect(Buffer.from(parseSecret(secret)).toString('base64url')).toBe(secret);
    }
  });

  test.each([
    ['nothing', ''],
    ['a link that was cut', newSecret().slice(0, 42)],
    ['a character too many', `${newSecret()}A`],
    ['padding', `${newSecret()}=`],
    ['the other base64', `${'+/'.repeat(21)}A`],
    ['spaces around it', ` ${newSecret()}`],
    ['bits at its end that no byte has', `${'A'.repeat(42)}B`],
    ['a letter of another script', `${'A'.repeat(42)}А`],
  ])('is refused: %s', (_, text) => {
    expect(() => parseSecret(text)).toThrow(refusal('bad_secret'));
  });

  test('that is malformed is reported before anything is read', async () => {
    const { stream } = await seal(content(10), plain);
    await expect(unseal(stream, 'short')).rejects.toThrow(refusal('bad_secret'));
  });
});

describe('a password', () => {
  test('is needed in addition to the secret, and can be retried on the same stream', async () => {
    const { secret, stream } = await seal(content(100), plain, { password: 'Zürich' });
    const reader = await readSealed(stream);
    expect(reader.needsPassword).toBe(true);
    for (const password of [undefined, ''])
      await expect(reader.unseal(secret, { password })).rejects.toThrow(refusal('password_needed'));
    await expect(reader.unseal(secret, { password: 'Zurich' })).rejects.toThrow(refusal('wrong_key'));
    await expect(reader.unseal(newSecret(), { password: 'Zürich' })).rejects.toThrow(refusal('wrong_key'));
    const opened = await reader.unseal(secret, { password: 'Zu\u0308rich' });
    expect(Buffer.compare(await bytesOf(opened.stream), content(100))).toBe(0);
  });

  test('that is empty counts as none, and one that is not needed does no harm', async () => {
    const { secret, stream } = await seal(content(100), plain, { password: '' });
    const sealed = await bytesOf(stream);
    expect((await readSealed(sealed)).needsPassword).toBe(false);
    expect(await open(sealed, secret, { password: 'whatever' })).toEqual({ bytes: content(100) });
  });

  test('cannot be removed or weakened by altering the header', async () => {
    const terms = { salt: new Uint8Array(16), iterations: 1000, password: 'password' };
    const secret = newSecret();
    const sealed = await bytesOf((await sealBy(secret, terms, content(100), plain)).stream);
    const altered = async (change: (view: DataView) => void) => {
      const copy = sealed.slice();
      change(new DataView(copy.buffer));
      return (await open(copy, secret, { password: 'password' })).code;
    };
    expect(await altered(() => undefined)).toBeUndefined();
    expect(await altered((view) => view.setUint8(7, 0))).toBe('not_sealed');
    expect(await altered((view) => view.setUint8(7, 3))).toBe('not_sealed');
    expect(await altered((view) => view.setUint32(8, 0))).toBe('not_sealed');
    expect(await altered((view) => view.setUint32(8, 1))).toBe('wrong_key');
    expect(await altered((view) => view.setUint32(8, 2_000_000))).toBe('wrong_key');
    expect(await altered((view) => view.setUint32(8, 2_000_001))).toBe('too_costly');
    expect(await altered((view) => view.setUint32(8, 0xffff_ffff))).toBe('too_costly');
    const without = (view: DataView) => {
      view.setUint8(7, 0);
      view.setUint32(8, 0);
    };
    expect(await altered(without)).toBe('wrong_key');
  });
});

describe('a file that violates the format', () => {
  /** A file of one chunk with any plaintext and valid keys. */
  async function fileOf(plaintext: Uint8Array<ArrayBuffer>) {
    const secret = newSecret();
    const salt = new Uint8Array(16);
    const keys = await deriveKeys({ secret: parseSecret(secret), salt, iterations: 0 });
    const header = new Uint8Array(60);
    header.set(Buffer.from('MAYFLY\x01'));
    header.set(keys.commitment, 28);
    const chunk = await keys.seal(plaintext, { index: 0, isLast: true, header });
    return { secret, sealed: Uint8Array.from(Buffer.concat([header, chunk])) };
  }
  const withMetadata = (json: string, length = Buffer.byteLength(json)) => {
    const front = Buffer.alloc(4);
    front.writeUInt32BE(length);
    return Uint8Array.from(Buffer.concat([front, Buffer.from(json)]));
  };

  test.each([
    ['no metadata', new Uint8Array(0)],
    ['fewer bytes than a length has', new Uint8Array(3)],
    ['a length past the end', withMetadata('{}', 3)],
    ['a length past all measure', withMetadata('{}', 0xffff_ffff)],
    ['more than 16 KiB', withMetadata(JSON.stringify({ name: 'x'.repeat(16_400), type: '' }))],
    ['no JSON', withMetadata('{"name":')],
    ['no object', withMetadata('null')],
    ['a name of another type', withMetadata('{"name":1,"type":"text/plain"}')],
    ['no type', withMetadata('{"name":null}')],
    ['no UTF-8', Uint8Array.from([0, 0, 0, 2, 0x22, 0xff])],
  ])('is refused: %s', async (_, plaintext) => {
    const { secret, sealed } = await fileOf(plaintext);
    expect(await open(sealed, secret)).toEqual({ bytes: new Uint8Array(0), code: 'not_sealed' });
  });

  test('is opened if it only has additional metadata', async () => {
    const { secret, sealed } = await fileOf(withMetadata('{"type":"a/b","name":"n","more":[1]}'));
    const { metadata, stream } = await unseal(sealed, secret);
    expect(metadata).toEqual({ name: 'n', type: 'a/b' });
    expect((await bytesOf(stream)).length).toBe(0);
  });
});

test('every error code has its own message', () => {
  const codes = [
    'not_sealed',
    'too_costly',
    'bad_secret',
    'password_needed',
    'wrong_key',
    'altered',
    'truncated',
  ] as const;
  const messages = codes.map((code) => new SealError(code).message);
  expect(new Set(messages).size).toBe(codes.length);
  for (const message of messages) expect(message.length).toBeGreaterThan(20);
});
