import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { PreviousSecret } from '../../src/core/previous-secret.ts';
import { Signer } from '../../src/core/signing.ts';
import { failureOf } from './failure-of.ts';

const signer = new Signer('a secret of the test');
const urlSafe = /^[A-Za-z0-9_-]+$/;

const fields = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.integer()), { maxLength: 5 });

/** Every text that differs from this one in one character, which is removed, doubled or replaced. */
function tampered(text: string): string[] {
  return [...text].flatMap((character, at) => {
    const [before, after] = [text.slice(0, at), text.slice(at + 1)];
    const others = ['A', 'B', '_', '='].filter((other) => other !== character);
    return [before + after, before + character + character + after, ...others.map((o) => before + o + after)];
  });
}

describe('a signature', () => {
  test('is HMAC-SHA256 over the JSON of purpose and fields', () => {
    // printf '%s' '["upload","abc",1767225600]' | openssl dgst -sha256 -hmac 'a secret of the test' -binary | basenc
    // --base64url
    const known = 'lIV3nbWpEVMpQ5dblAM3jUL1acGEx-wx35YC8jOpdcc';
    expect(signer.sign('upload', 'abc', 1767225600)).toBe(known);
    expect(signer.verify(known, 'upload', 'abc', 1767225600)).toBe(true);
  });

  test('is valid for what was signed, and is safe in a URL', () => {
    fc.assert(
      fc.property(fc.string(), fields, (purpose, signed) => {
        const signature = signer.sign(purpose, ...signed);
        expect(signature).toMatch(urlSafe);
        expect(signature.length).toBe(43);
        expect(signer.verify(signature, purpose, ...signed)).toBe(true);
      }),
    );
  });

  test('under the previous secret is valid while that is accepted, like its cursors; none is created with it', () => {
    const week = 7 * 86_400_000;
    let now = 1_000_000;
    const previous = new PreviousSecret('a secret of the test', () => now);
    const renewed = new Signer('the secret after it', previous);
    const signature = signer.sign('upload', 'abc');
    const cursor = signer.sealCursor('list', 'there');
    const isAccepted = () => renewed.verify(signature, 'upload', 'abc');
    expect(isAccepted()).toBe(false);
    previous.changedAt(now);
    expect(isAccepted()).toBe(true);
    expect(renewed.verify(signature, 'upload', 'abd')).toBe(false);
    expect(renewed.openCursor('list', cursor)).toBe('there');
    expect(() => renewed.openCursor('another list', cursor)).toThrow();
    expect(renewed.sign('upload', 'abc')).not.toBe(signature);
    expect(renewed.sealCursor('list', 'there')).not.toBe(cursor);
    now += week - 1;
    expect(isAccepted()).toBe(true);
    now += 1;
    expect(isAccepted()).toBe(false);
    expect(() => renewed.openCursor('list', cursor)).toThrow();
  });

  test('is valid for nothing else', () => {
    fc.assert(
      fc.property(fields, fields, (signed, other) => {
        fc.pre(JSON.stringify(signed) !== JSON.stringify(other));
        expect(signer.verify(signer.sign('upload', ...signed), 'upload', ...other)).toBe(false);
      }),
    );
  });

  test.each<[string, (string | number)[], (string | number)[]]>([
    ['where one field ends and the next begins', ['ab', 'c'], ['a', 'bc']],
    ['how many there are', ['a', ''], ['a']],
    ['a number and its digits', ['1'], [1]],
    ['quotes and commas within a field', ['a","b'], ['a', 'b']],
    ['the order', ['a', 'b'], ['b', 'a']],
    ['capitals', ['a'], ['A']],
    ['two ways to write an accent', ['\u00e9'], ['e\u0301']],
    ['halves of surrogate pairs', ['\ud800'], ['\ud801']],
  ])('distinguishes %s', (_, one, other) => {
    expect(signer.sign('upload', ...one)).not.toBe(signer.sign('upload', ...other));
  });

  test('is valid only for its purpose', () => {
    const signature = signer.sign('upload', 'abc');
    expect(signer.verify(signature, 'download', 'abc')).toBe(false);
    expect(signer.verify(signer.sign('upload', 'download', 'abc'), 'download', 'abc')).toBe(false);
  });

  test('is valid only under its secret', () => {
    expect(new Signer('another secret').verify(signer.sign('upload', 'abc'), 'upload', 'abc')).toBe(false);
  });

  test('that was altered in any character is invalid', () => {
    const signature = signer.sign('upload', 'abc');
    for (const other of tampered(signature)) expect(signer.verify(other, 'upload', 'abc')).toBe(false);
  });

  test.each([
    '',
    ' ',
    'é'.repeat(43),
    '\ud800'.repeat(43),
    '='.repeat(43),
    'A'.repeat(43),
    'A'.repeat(100_000),
  ])('is not %p', (signature) => {
    expect(signer.verify(signature, 'upload', 'abc')).toBe(false);
  });
});

describe('a cursor', () => {
  const scope = 'files of account 1';
  const refusal = {
    code: 'invalid' as const,
    field: 'cursor',
    message: 'cursor must be a cursor that this list returned',
  };
  const refusalOf = async (cursor: string, of = scope, by = signer) => {
    const { code, field, message } = await failureOf(() => by.openCursor(of, cursor));
    return { code, field, message };
  };

  test('is the seal and the position', () => {
    // printf '%s' '{"cursor":["files of account 1",42]}' | openssl dgst -sha256 -hmac 'a secret of the test', 16 bytes
    // of it
    const seal = Buffer.from('c2ffd582f5377609a121b894eb82bcfd', 'hex');
    const known = Buffer.concat([seal, Buffer.from('42')]).toString('base64url');
    expect(signer.sealCursor(scope, 42)).toBe(known);
    expect(signer.openCursor(scope, known)).toBe(42);
  });

  test('returns its position with its type, and is safe in a URL', () => {
    const positions = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.maxSafeInteger());
    fc.assert(
      fc.property(positions, fc.string(), (position, of) => {
        const cursor = signer.sealCursor(of, position);
        expect(cursor).toMatch(urlSafe);
        expect(signer.openCursor(of, cursor)).toBe(position);
      }),
    );
    expect(signer.openCursor(scope, signer.sealCursor(scope, '42'))).toBe('42');
  });

  test('is valid only for its list', async () => {
    const cursor = signer.sealCursor(scope, 42);
    expect(await refusalOf(cursor, 'files of account 2')).toEqual(refusal);
    expect(await refusalOf(cursor, scope, new Signer('another secret'))).toEqual(refusal);
  });

  test('that was altered in any character is rejected, even if it decodes to the same', async () => {
    for (const position of [42, 9_007_199_254_740_991, 'a/b/ü'])
      for (const other of tampered(signer.sealCursor(scope, position)))
        expect([other, await refusalOf(other)]).toEqual([other, refusal]);
  });

  test('with another position under the same seal is rejected', async () => {
    const seal = Buffer.from(signer.sealCursor(scope, 42), 'base64url').subarray(0, 16);
    for (const position of ['41', '42 ', '42.0', '4.2e1', '"42"', '[42]', 'null', '{}', '', '4'])
      expect(await refusalOf(Buffer.concat([seal, Buffer.from(position)]).toString('base64url'))).toEqual(
        refusal,
      );
  });

  test.each(['', '42', 'null', ' ', '%00', 'A'.repeat(22), 'A'.repeat(100_000), 'é', '\ud800', '../../etc'])(
    'is not %p',
    async (cursor) => {
      expect(await refusalOf(cursor)).toEqual(refusal);
    },
  );

  test('is not a valid signature, and a signature is not a valid cursor', async () => {
    expect(await refusalOf(signer.sign('cursor', scope, 42))).toEqual(refusal);
    const seal = Buffer.from(signer.sealCursor(scope, 42), 'base64url').subarray(0, 16);
    const signature = Buffer.from(signer.sign('cursor', scope, 42), 'base64url').subarray(0, 16);
    expect(seal.equals(signature)).toBe(false);
  });
});
