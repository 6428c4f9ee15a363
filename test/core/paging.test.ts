import { expect, test } from 'bun:test';
import { cursorScopes } from '../../src/core/paging.ts';

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
