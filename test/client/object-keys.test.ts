import { expect, test } from 'bun:test';
import { createClient, InvalidCallError } from '../../src/client/index.ts';

test.each(['.', '..', 'a/../b', './a', 'a/.'])(
  'the key %s is refused before anything is sent',
  async (key) => {
    const { objects } = createClient({ url: 'http://127.0.0.1:1', key: 'sk_live_x' });
    for (const call of [
      objects.get('bucket', key),
      objects.put('bucket', key, new Blob(['x'])),
      objects.remove('bucket', key),
      objects.copy('bucket', key, { key: 'b' }),
    ])
      expect(await call.catch((error: unknown) => error)).toBeInstanceOf(InvalidCallError);
  },
);
