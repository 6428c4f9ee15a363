import { expect, test } from 'bun:test';
import { cursorScopes, readPage } from '../../src/core/paging.ts';
import { Signer } from '../../src/core/signing.ts';

test('a cursor of an earlier version, which holds a number, continues a list', async () => {
  const signer = new Signer('the secret of this test');
  const read = async (position: string | undefined) => [position];
  const list = { scope: 'list', maxLimit: 50, read, positionAfter: () => undefined };
  const page = await readPage(signer, { cursor: signer.sealCursor('list', 42) }, list);
  expect(page.entries).toEqual(['42']);
});

test('cursors of every list stay valid after an upgrade: the signed scopes do not change', () => {
  expect([
    cursorScopes.buckets('id'),
    cursorScopes.deliveries('id'),
    cursorScopes.files('id', {}),
    cursorScopes.files('id', { prefix: 'a/', tag: 'b' }),
    cursorScopes.keys('id'),
    cursorScopes.objects('id', 'a/', '/'),
    cursorScopes.webhooks('id'),
  ]).toEqual([
    'buckets id',
    'deliveries id',
    'id',
    '["files","id","a/","b"]',
    'keys id',
    '["id","a/","/"]',
    'webhooks id',
  ]);
});
