import { beforeEach, describe, expect, test } from 'bun:test';
import { failureOf } from './failure-of.ts';
import { bytes, type FileCore, openFileCore } from './file-core.ts';

const day = 86_400_000;

let core: FileCore;
beforeEach(async () => {
  core = await openFileCore();
});

const codeOf = async (work: () => unknown) => (await failureOf(work)).code;
const lastUse = async () => (await core.accounts.listKeys())[0]?.lastUsedAt;

describe('a guest', () => {
  test('gets a token and a claim, and an account of the guest plan that ends after 30 days', async () => {
    const { token, claim, account, plan } = await core.accounts.createGuest();
    expect(token).toMatch(/^pp_[\w-]{20,}$/);
    expect(claim).toMatch(/^[\w-]{20,}$/);
    expect(claim).not.toBe(token);
    expect(account).toMatchObject({ name: null, plan: 'guest', expiresAt: core.time.now + 30 * day });
    expect(plan.name).toBe('guest');
    expect((await core.accounts.authenticate(token))?.account).toEqual(account);
  });

  test('shares neither token nor claim nor bucket with another', async () => {
    const guests = await Promise.all(Array.from({ length: 50 }, () => core.accounts.createGuest()));
    for (const of of [
      ({ token }) => token,
      ({ claim }) => claim,
      ({ account }) => account.id,
      ({ account }) => account.filesBucketId,
    ] as ((guest: (typeof guests)[number]) => string)[])
      expect(new Set(guests.map(of)).size).toBe(50);
  });

  test('has neither token nor claim stored in clear', async () => {
    const { token, claim } = await core.accounts.createGuest();
    const rows = ['accounts', 'keys'].flatMap((table) =>
      core.stores.connection.raw.prepare(`SELECT * FROM ${table}`).raw().all(),
    );
    const kept = rows
      .flat()
      .map((value) => (value instanceof Uint8Array ? Buffer.from(value) : String(value)));
    for (const secret of [token, claim, token.slice(3), Buffer.from(claim).toString('hex')])
      expect(kept.some((value) => value.includes(secret))).toBe(false);
  });
});

describe('a secret', () => {
  test.each([
    '',
    'pp_',
    'pp',
    'uk_live_',
    'sk_live_abc',
    'Bearer pp_x',
    `pp_${'x'.repeat(100_000)}`,
    'pp_\0',
    'pp_😀',
  ])('that is invalid (%j) gives no access', async (secret) => {
    await core.accounts.createGuest();
    expect(await core.accounts.authenticate(secret)).toBeUndefined();
  });

  test('is valid only exactly: not shortened, longer, in another case or under another prefix', async () => {
    const { token } = await core.accounts.createGuest();
    const others = [token.slice(0, -1), `${token}a`, ` ${token}`, `${token} `, `uk_live_${token.slice(3)}`];
    for (const other of [...others, token.toUpperCase(), token.slice(3)])
      expect(await core.accounts.authenticate(other)).toBeUndefined();
    expect(await core.accounts.authenticate(token)).toBeDefined();
  });

  test('is valid until its account expires, to the millisecond, swept or not', async () => {
    const { token, account } = await core.accounts.createGuest();
    core.time.now = (account.expiresAt ?? 0) - 1;
    expect(await core.accounts.authenticate(token)).toBeDefined();
    core.time.now += 1;
    expect(await core.accounts.authenticate(token)).toBeUndefined();
    await core.sweeper.run();
    expect(await core.accounts.authenticate(token)).toBeUndefined();
    expect(await core.stores.accounts.find(account.id)).toBeUndefined();
  });

  test('that is revoked is invalid immediately; others of the account stay valid', async () => {
    const { secret, key } = await core.accounts.createKey('uploadkit', 'acme');
    const other = await core.accounts.createKey('uploadkit', 'acme');
    await core.accounts.revokeKey(key.id);
    expect(await core.accounts.authenticate(secret)).toBeUndefined();
    expect(await core.accounts.authenticate(other.secret)).toBeDefined();
    expect(await codeOf(() => core.accounts.revokeKey(key.id))).toBe('not_found');
    expect(await codeOf(() => core.accounts.revokeKey('unknown'))).toBe('not_found');
  });

  test('has its last use recorded, at most once a minute', async () => {
    const { secret } = await core.accounts.createKey('putput', 'acme');
    const first = core.time.now;
    expect(await lastUse()).toBeNull();
    await core.accounts.authenticate(secret);
    await core.accounts.flush();
    expect(await lastUse()).toBe(first);
    core.time.now += 59_999;
    await core.accounts.authenticate(secret);
    await core.accounts.flush();
    expect(await lastUse()).toBe(first);
    core.time.now += 1;
    await core.accounts.authenticate(secret);
    await core.time.advance(0);
    expect(await lastUse()).toBe(first + 60_000);
  });

  test('that is wrong, revoked or of an expired account records no use', async () => {
    const { token, account } = await core.accounts.createGuest();
    core.time.now = account.expiresAt ?? 0;
    await core.accounts.authenticate(token);
    await core.accounts.flush();
    expect(await lastUse()).toBeNull();
  });
});

describe('a claim', () => {
  const email = 'ada@example.com';

  test('removes the expiry of the account, on the free plan; the token stays the same', async () => {
    const { token, claim, account } = await core.accounts.createGuest();
    expect(await core.accounts.isClaimable(claim)).toBe(true);
    await core.accounts.claim(claim, email);
    expect(await core.accounts.isClaimable(claim)).toBe(false);
    core.time.now += 31 * day;
    await core.sweeper.run();
    const credential = await core.accounts.authenticate(token);
    expect(credential?.account).toEqual({ ...account, plan: 'free', expiresAt: null });
  });

  test('removes the expiry of its files, except of those that would expire earlier', async () => {
    const { claim, account } = await core.accounts.createGuest();
    const lasting = await core.file(account, bytes(10));
    const expiryTime = new Date(core.time.now + day).toISOString();
    const short = await core.file(account, bytes(10), { expiryTime });
    expect(lasting.expiresAt).toBe(account.expiresAt);
    await core.accounts.claim(claim, email);
    core.time.now += 31 * day;
    await core.sweeper.run();
    expect(await core.objects.find(account, lasting.id)).toMatchObject({ expiresAt: null });
    expect(await codeOf(() => core.objects.find(account, short.id))).toBe('not_found');
  });

  test('works once, also for two concurrent calls', async () => {
    const { claim } = await core.accounts.createGuest();
    const both = await Promise.allSettled([
      core.accounts.claim(claim, email),
      core.accounts.claim(claim, email),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await codeOf(() => core.accounts.claim(claim, email))).toBe('not_found');
  });

  test('that is unknown, empty, a token, or of an expired account, fails in the same way', async () => {
    const { token, claim, account } = await core.accounts.createGuest();
    for (const wrong of ['', 'unknown', token, `${claim}a`]) {
      expect(await core.accounts.isClaimable(wrong)).toBe(false);
      expect(await codeOf(() => core.accounts.claim(wrong, email))).toBe('not_found');
    }
    core.time.now = account.expiresAt ?? 0;
    expect(await core.accounts.isClaimable(claim)).toBe(false);
    expect(await codeOf(() => core.accounts.claim(claim, email))).toBe('not_found');
    core.time.now -= 1;
    expect(await core.accounts.isClaimable(claim)).toBe(true);
  });

  test.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'a b@example.com',
    'ada@example..com',
    `${'a'.repeat(251)}@b.c`,
  ])('by %j, which is not an email address, is rejected and not used up', async (wrong) => {
    const { claim } = await core.accounts.createGuest();
    expect(await failureOf(() => core.accounts.claim(claim, wrong))).toMatchObject({ field: 'email' });
    expect(await core.accounts.isClaimable(claim)).toBe(true);
  });

  test('gives no file a longer life than its account, because an operator’s plan may expire', async () => {
    await core.plans.set('guest', { lifetime: null });
    await core.plans.set('free', { lifetime: day });
    const { claim, account } = await core.accounts.createGuest();
    const endless = await core.file(account, bytes(10));
    const expiryTime = new Date(core.time.now + 10 * day).toISOString();
    const later = await core.file(account, bytes(10), { expiryTime });
    await core.accounts.claim(claim, email);
    core.time.now += day;
    for (const { id } of [endless, later])
      expect(await codeOf(() => core.objects.find(account, id))).toBe('not_found');
  });
});

describe('an operator’s key', () => {
  test.each([
    ['putput', 'pp_'],
    ['uploadkit', 'uk_live_'],
    ['storage', 'sk_live_'],
  ] as const)('for %s begins with %s, and only its beginning is stored', async (kind, prefix) => {
    const { secret, key } = await core.accounts.createKey(kind, 'acme', { name: 'ci' });
    expect(secret.startsWith(prefix)).toBe(true);
    expect(key).toMatchObject({
      kind,
      name: 'ci',
      prefix: secret.slice(0, prefix.length + 4),
      lastUsedAt: null,
    });
    expect(await core.accounts.listKeys()).toEqual([{ ...key, accountName: 'acme' }]);
    expect((await core.accounts.authenticate(secret))?.key).toEqual(key);
  });

  test('creates its account once, also for ten concurrent calls, and never changes an account’s plan', async () => {
    const keys = await Promise.all(
      Array.from({ length: 10 }, () => core.accounts.createKey('putput', 'acme', { plan: 'free' })),
    );
    expect(new Set(keys.map(({ key }) => key.accountId)).size).toBe(1);
    const failure = await failureOf(() => core.accounts.createKey('putput', 'acme', { plan: 'guest' }));
    expect([failure.code, failure.field]).toEqual(['invalid', 'plan']);
    await core.accounts.createKey('putput', 'acme');
    expect(await core.accounts.named('acme')).toMatchObject({ name: 'acme', plan: 'free', expiresAt: null });
  });

  test('belongs to an account that can get another plan, and keeps its expiry', async () => {
    await core.accounts.createKey('putput', 'acme');
    await core.accounts.setPlan('acme', 'guest');
    expect(await core.accounts.named('acme')).toMatchObject({ plan: 'guest', expiresAt: null });
    expect(await core.accounts.list()).toMatchObject([{ name: 'acme', plan: 'guest', storedObjects: 0 }]);
    expect(await codeOf(() => core.accounts.setPlan('acme', 'gold'))).toBe('invalid');
    expect(await codeOf(() => core.accounts.setPlan('nobody', 'guest'))).toBe('not_found');
  });

  test('belongs to an account without limits if no plan is named', async () => {
    await core.accounts.createKey('storage', 'acme');
    expect(await core.accounts.named('acme')).toMatchObject({ plan: 'unlimited', expiresAt: null });
  });

  test('with an unknown plan is rejected, and creates no account', async () => {
    const failure = await failureOf(() => core.accounts.createKey('putput', 'acme', { plan: 'gold' }));
    expect(failure).toMatchObject({ code: 'invalid', field: 'plan' });
    expect(await codeOf(() => core.accounts.named('acme'))).toBe('not_found');
  });

  test.each(['', ' ', 'a b', 'a/b', 'ä', 'a\n', 'x'.repeat(65)])(
    'for the account %j is rejected',
    async (name) => {
      const failure = await failureOf(() => core.accounts.createKey('putput', name));
      expect(failure).toMatchObject({ code: 'invalid', field: 'account' });
    },
  );
});
