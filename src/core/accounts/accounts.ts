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
} from '../ports/accounts/account-store.ts';
import type { Plan } from '../ports/accounts/plan-store.ts';
import type { Clock, Timers } from '../ports/clock.ts';
import { andThen, type MaybePromise } from '../ports/maybe-promise.ts';
import type { Staleness } from '../staleness.ts';
import { Tally } from '../tally.ts';
import { draftKey, looksLikeSecret } from './key-secret.ts';
import type { Plans } from './plans.ts';

/** The key of a valid secret, and its account. */
export type Credential = { key: StoredKey; account: StoredAccount };

type Guest = { token: string; claim: string; account: StoredAccount; plan: Plan };

/** The minimum time between two recorded uses of a key (ms). */
const useInterval = 60_000;

type AccountsDeps = {
  store: AccountStore;
  plans: Plans;
  clock: Clock;
  timers: Timers;
  staleness: Staleness;
  /** Whether anonymous callers may create guest accounts and claim them. */
  takesGuests?: boolean;
};

/** Accounts and their API keys. */
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

  /** @throws Failure `forbidden` if guest accounts are turned off */
  requireGuests(): void {
    if (!this.#takesGuests)
      throw new Failure('forbidden', 'This server does not issue guest tokens: ask its operator for a key');
  }

  /**
   * Creates a guest account, with a token and a claim.
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
   * The credential of a secret. Undefined if the secret is unknown, malformed or revoked, or its account has expired:
   * callers cannot distinguish these cases.
   */
  authenticate(secret: string): MaybePromise<Credential | undefined> {
    if (!looksLikeSecret(secret)) return undefined;
    const hash = hashSecret(secret);
    return andThen(this.#deps.store.findCredential(hash), (found) => this.#accept(hash, found));
  }

  #accept(hash: Uint8Array, found: StoredCredential | undefined): Credential | undefined {
    if (found === undefined || !timingSafeEqual(hash, found.hash)) return undefined;
    const { key, account } = found;
    const now = this.#deps.clock();
    if (this.#isExpired(account)) return undefined;
    if (key.lastUsedAt === null || now - key.lastUsedAt >= useInterval) this.#lastUses.note(key.id, now);
    return { key, account };
  }

  /** Whether a claim can still be used. */
  async isClaimable(claim: string): Promise<boolean> {
    if (!this.#takesGuests) return false;
    const account = await this.#deps.store.findClaimable(hashSecret(claim));
    return account !== undefined && !this.#isExpired(account);
  }

  /**
   * Claims a guest account: it moves to the plan `free`, and content that would have expired with the guest gets the
   * new expiry of the account. A claim works once.
   *
   * @throws Failure `invalid` for an invalid email address, `not_found` for an unknown or used claim
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
   * Creates a key for the account of this name. Creates the account if it does not exist.
   *
   * @param plan The plan of a new account, `unlimited` by default. An existing account keeps its plan.
   * @returns The secret, which is not stored and cannot be shown again.
   * @throws Failure `invalid`
   */
  async createKey(
    kind: KeyKind,
    accountName: string,
    { plan, name = null }: { plan?: string; name?: string | null } = {},
  ): Promise<{ secret: string; key: StoredKey }> {
    requireAccountName(accountName);
    const existing = await this.#deps.store.findByName(accountName);
    if (existing && this.#isExpired(existing)) throw invalid('account', 'has expired');
    if (existing && plan !== undefined && plan !== existing.plan)
      throw invalid('plan', `is ${existing.plan} for this account: change it with accounts set`);
    const account = existing ?? this.#draft(accountName, await this.#deps.plans.find(plan ?? 'unlimited'));
    const { secret, key } = draftKey(account.id, kind, name, this.#deps.clock());
    if (existing) await this.#deps.store.insertKey(key);
    else if ((await this.#deps.store.insert({ ...account, claimHash: null }, key)) === 'exists')
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

  /** Changes the plan of an account, but not its expiry. @throws Failure `invalid`, `not_found` */
  async setPlan(accountName: string, plan: string): Promise<void> {
    await this.#deps.plans.find(plan);
    const account = await this.named(accountName);
    await this.#deps.store.setPlan(account.id, plan);
  }

  /** All named accounts, with their usage. */
  list(): ReturnType<AccountStore['list']> {
    return this.#deps.store.list();
  }

  usage({ id }: StoredAccount): ReturnType<AccountStore['usage']> {
    return this.#deps.store.usage(id);
  }

  listKeys(): ReturnType<AccountStore['listKeys']> {
    return this.#deps.store.listKeys();
  }

  /** Revokes a key. Every node refuses it when this resolves. @throws Failure `not_found` */
  async revokeKey(id: string): Promise<void> {
    if ((await this.#deps.store.revokeKey(id, this.#deps.clock())) !== 'revoked')
      throw new Failure('not_found', 'There is no key with this id, or it was revoked');
    await this.#deps.staleness.settle();
  }

  /** Writes the recorded uses of keys. Call it before the store closes. */
  flush(): Promise<void> {
    return this.#lastUses.flush();
  }

  #isExpired({ expiresAt }: StoredAccount): boolean {
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

/** A valid email address as HTML defines it, of at most 254 characters, the limit of SMTP. */
function isEmail(text: string): boolean {
  return text.length <= 254 && /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i.test(text);
}
