import { timingSafeEqual } from 'node:crypto';
import { isExpired } from '../expiry.ts';
import { Failure, invalid } from '../failure.ts';
import { hashSecret, newHashId, newToken } from '../ids.ts';
import type {
  AccountStore,
  KeyKind,
  StoredAccount,
  StoredCredential,
  StoredKey,
} from '../ports/account-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import type { Plan } from '../ports/plan-store.ts';
import { Tally } from '../tally.ts';
import { draftKey, looksLikeSecret } from './key-secret.ts';
import type { Plans } from './plans.ts';

/** What a valid secret shows: a key, and the account whose it is. */
export type Credential = { key: StoredKey; account: StoredAccount };

export type Guest = { token: string; claim: string; account: StoredAccount; plan: Plan };

/** A use within this time of the last one that was noted is not noted again (ms). */
const useNotedEvery = 60_000;

type AccountsDeps = {
  store: AccountStore;
  plans: Plans;
  clock: Clock;
  timers: Timers;
  /** Whether strangers may make accounts, or make theirs last. */
  takesGuests?: boolean;
};

/** Accounts, and the keys that open them. */
export class Accounts {
  readonly #deps: AccountsDeps;
  readonly #lastUses: Tally<number>;
  readonly #takesGuests: boolean;

  constructor(deps: AccountsDeps) {
    this.#takesGuests = deps.takesGuests ?? true;
    this.#deps = deps;
    this.#lastUses = new Tally(
      Math.max,
      (uses) => deps.store.touchKeys([...uses].map(([id, lastUsedAt]) => ({ id, lastUsedAt }))),
      deps.timers,
    );
  }

  /** @throws Failure `forbidden` where strangers can make no account */
  requireGuests(): void {
    if (!this.#takesGuests)
      throw new Failure('forbidden', 'This server gives out no guest tokens: ask its operator for a key');
  }

  /**
   * Makes an account for any caller, with a token, and a claim by which its owner can make it last.
   *
   * @throws Failure `forbidden`
   */
  async createGuest(): Promise<Guest> {
    this.requireGuests();
    const plan = await this.#deps.plans.find('guest');
    const claim = newToken();
    const account = this.#draft(null, plan);
    const { secret: token, key } = draftKey(account.id, 'putput', null, account.createdAt);
    await this.#deps.store.insert({ ...account, claimHash: hashSecret(claim) }, key);
    return { token, claim, account, plan };
  }

  /**
   * Whose a secret is; undefined for one that is unknown, malformed or revoked, or whose account has ended:
   * one answer for all of them.
   */
  async authenticate(secret: string): Promise<Credential | undefined> {
    if (!looksLikeSecret(secret)) return undefined;
    const hash = hashSecret(secret);
    return this.#judge(hash, await this.#deps.store.findCredential(hash));
  }

  /** What `authenticate` finds, where that needs no query; undefined says nothing. */
  authenticateCached(secret: string): Credential | undefined {
    if (!looksLikeSecret(secret)) return undefined;
    const hash = hashSecret(secret);
    return this.#judge(hash, this.#deps.store.cachedCredential(hash));
  }

  #judge(hash: Uint8Array, found: StoredCredential | undefined): Credential | undefined {
    if (found === undefined || !timingSafeEqual(hash, found.hash)) return undefined;
    const { key, account } = found;
    const now = this.#deps.clock();
    if (this.#hasEnded(account)) return undefined;
    if (key.lastUsedAt === null || now - key.lastUsedAt >= useNotedEvery) this.#lastUses.note(key.id, now);
    return { key, account };
  }

  /** Whether a claim can still be used. */
  async isClaimable(claim: string): Promise<boolean> {
    if (!this.#takesGuests) return false;
    const account = await this.#deps.store.findClaimable(hashSecret(claim));
    return account !== undefined && !this.#hasEnded(account);
  }

  /**
   * Makes a guest's account its owner's: its plan is `free` from then on, and what was to end with the guest
   * lasts. A claim works once.
   *
   * @throws Failure `invalid` for an email address that is none, `not_found` for a claim that cannot be used
   */
  async claim(claim: string, email: string): Promise<void> {
    if (!isEmail(email)) throw invalid('email', 'must be an email address');
    const { name: plan, lifetime } = await this.#deps.plans.find('free');
    const now = this.#deps.clock();
    const expiresAt = lifetime === null ? null : now + lifetime;
    const isClaimed =
      this.#takesGuests && (await this.#deps.store.claim(hashSecret(claim), { email, plan, expiresAt }, now));
    if (!isClaimed) throw new Failure('not_found', 'The claim is unknown, or was used');
  }

  /**
   * Makes a key for the account of this name, and the account where there is none.
   *
   * @param plan Of an account that is made now, `unlimited` if not told; an existing one keeps its own.
   * @returns The secret, which is not kept and cannot be told again.
   * @throws Failure `invalid`
   */
  async createKey(
    kind: KeyKind,
    accountName: string,
    { plan, name = null }: { plan?: string; name?: string | null } = {},
  ): Promise<{ secret: string; key: StoredKey }> {
    requireAccountName(accountName);
    const existing = await this.#deps.store.findByName(accountName);
    if (existing && this.#hasEnded(existing)) throw invalid('account', 'is the name of one that has ended');
    if (existing && plan !== undefined && plan !== existing.plan)
      throw invalid('plan', `is ${existing.plan} for this account: change it with accounts set`);
    const account = existing ?? this.#draft(accountName, await this.#deps.plans.find(plan ?? 'unlimited'));
    const { secret, key } = draftKey(account.id, kind, name, this.#deps.clock());
    if (existing) await this.#deps.store.insertKey(key);
    else if (!(await this.#deps.store.insert({ ...account, claimHash: null }, key)))
      return this.createKey(kind, accountName, { plan, name });
    const { hash, ...stored } = key;
    return { secret, key: { ...stored, lastUsedAt: null } };
  }

  /** @throws Failure `not_found` */
  async named(name: string): Promise<StoredAccount> {
    const account = await this.#deps.store.findByName(name);
    if (account === undefined) throw new Failure('not_found', 'There is no account of this name');
    return account;
  }

  /** Puts an account under another plan. Its end stays. @throws Failure `invalid`, `not_found` */
  async setPlan(accountName: string, plan: string): Promise<void> {
    await this.#deps.plans.find(plan);
    const account = await this.named(accountName);
    await this.#deps.store.setPlan(account.id, plan);
  }

  /** All accounts that have a name, and what they hold. */
  list(): ReturnType<AccountStore['list']> {
    return this.#deps.store.list();
  }

  /** What an account holds and has reserved. */
  usage({ id }: StoredAccount): ReturnType<AccountStore['usage']> {
    return this.#deps.store.usage(id);
  }

  listKeys(): ReturnType<AccountStore['listKeys']> {
    return this.#deps.store.listKeys();
  }

  /** Revokes a key, at once. @throws Failure `not_found` */
  async revokeKey(id: string): Promise<void> {
    if ((await this.#deps.store.revokeKey(id, this.#deps.clock())) !== 'revoked')
      throw new Failure('not_found', 'There is no key of this id, or it was revoked');
  }

  /** Writes what was noted of the use of keys: before the store closes. */
  flush(): Promise<void> {
    return this.#lastUses.flush();
  }

  #hasEnded({ expiresAt }: StoredAccount): boolean {
    return isExpired(expiresAt, this.#deps.clock());
  }

  #draft(name: string | null, plan: Plan): StoredAccount {
    const now = this.#deps.clock();
    return {
      id: newHashId(),
      name,
      plan: plan.name,
      createdAt: now,
      expiresAt: plan.lifetime === null ? null : now + plan.lifetime,
      filesBucketId: newHashId(),
    };
  }
}

function requireAccountName(name: string): void {
  if (!/^[\w.@-]{1,64}$/.test(name))
    throw invalid('account', 'must be a name of 1 to 64 letters, digits, and . _ @ -');
}

/** What HTML takes for an email address (HTML, "valid email address"), of a length that mail can carry. */
function isEmail(text: string): boolean {
  return text.length <= 254 && /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i.test(text);
}
