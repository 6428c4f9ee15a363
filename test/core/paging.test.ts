import { expect, test } from 'bun:test';
import { cursorScopes } from '../../src/core/paging.ts';

test('cursors of every list stay valid after an upgrade: the signed scopes do not change', () => {
  expect([
    cursorScopes.buckets('id'),
    cursorScopes.deliveries('id'),
    cursorScopes.files('id'),
    cursorScopes.keys('id'),
    cursorScopes.objects('id', 'a/', '/'),
    cursorScopes.webhooks('id'),
  ]).toEqual(['buckets id', 'deliveries id', 'id', 'keys id', '["id","a/","/"]', 'webhooks id']);
});
