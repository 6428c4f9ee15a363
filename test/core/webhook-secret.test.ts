import { describe, expect, test } from 'bun:test';
import { webhookSecret } from '../../src/core/webhooks/webhook-secret.ts';

describe('the secret of a webhook', () => {
  test('is 32 bytes in base64 with a prefix, different for each webhook and each server', () => {
    const secret = webhookSecret('server', 'one');
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32);
    expect(webhookSecret('server', 'one')).toBe(secret);
    expect(new Set([secret, webhookSecret('server', 'two'), webhookSecret('other', 'one')]).size).toBe(3);
  });

  test('is the one that openssl derives', () => {
    // printf 'webhook one' | openssl dgst -sha256 -hmac server -binary | base64
    expect(webhookSecret('server', 'one')).toBe('whsec_CxL1bPhN9cWMFbHjS9tGbpE4dX76wK9Jyy1ksjXe7DI=');
  });
});
