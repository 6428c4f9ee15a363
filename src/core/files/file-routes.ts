import { essenceOf, requireMediaType } from '../coding/media-type.ts';
import { Failure, invalid } from '../failure.ts';
import { newHashId } from '../ids.ts';
import type { StoredAccount } from '../ports/accounts/account-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileRoute, FileRouteStore } from '../ports/files/file-route-store.ts';
import type { Outbound } from '../ports/outbound.ts';
import { isStorable } from '../storable-text.ts';

/** The file routes of UploadKit. */
export class FileRoutes {
  readonly #store: FileRouteStore;
  readonly #outbound: Outbound;
  readonly #clock: Clock;

  constructor(store: FileRouteStore, outbound: Outbound, clock: Clock) {
    this.#store = store;
    this.#outbound = outbound;
    this.#clock = clock;
  }

  /**
   * Adds a file route to an account.
   *
   * @param types MIME types, or ranges such as `image/*`. An empty list allows every type.
   * @throws Failure `invalid`, also if the account already has a file route of this name
   */
  async create(
    account: StoredAccount,
    slug: string,
    { maxSize, types, webhookUrl }: { maxSize: number; types: string[]; webhookUrl?: string },
  ): Promise<FileRoute> {
    if (!/^[\w.-]{1,100}$/.test(slug)) throw invalid('slug', 'must be 1 to 100 letters, digits, and . _ -');
    for (const type of types)
      if (!/^\*\/\*$|^[\w.+-]+\/(?:\*|[\w.+-]+)$/.test(type))
        throw invalid('types', 'must be MIME types such as image/png, or ranges such as image/*');
    if (webhookUrl !== undefined && !(await this.#outbound.mayCall(webhookUrl)))
      throw invalid('webhook', 'must be an http or https URL with a public address');
    const route: FileRoute = {
      accountId: account.id,
      slug,
      maxSize,
      types: types.map((type) => type.toLowerCase()),
      webhook: webhookUrl === undefined ? null : { id: newHashId(), url: webhookUrl },
      createdAt: this.#clock(),
    };
    if ((await this.#store.insert(route)) === 'exists')
      throw invalid('slug', 'is the name of an existing file route');
    return route;
  }

  /** @throws Failure `route_not_found` */
  async find(account: StoredAccount, slug: string): Promise<FileRoute> {
    const route = isStorable(slug) ? await this.#store.find(account.id, slug) : undefined;
    if (route === undefined) throw routeNotFound();
    return route;
  }

  list(): ReturnType<FileRouteStore['list']> {
    return this.#store.list();
  }

  /** @throws Failure `route_not_found` */
  async remove(account: StoredAccount, slug: string): Promise<void> {
    if (!(await this.#store.remove(account.id, slug))) throw routeNotFound();
  }
}

function routeNotFound(): Failure {
  return new Failure('route_not_found', 'There is no file route with this name');
}

/**
 * Checks a file against a file route.
 *
 * @throws Failure `invalid`, or `too_large`, `type_refused` (docs/contract/uploadkit.md, "File routes")
 */
export function requireAdmitted(
  route: FileRoute,
  { mediaType, size }: { mediaType: string; size: number },
): void {
  const { slug, maxSize, types } = route;
  const essence = essenceOf(requireMediaType(mediaType)) ?? '';
  if (size > maxSize)
    throw new Failure('too_large', `File size exceeds the ${describeSize(maxSize)} limit for route ${slug}`);
  const isAllowed = types.some(
    (type) =>
      type === '*/*' || type === essence || (type.endsWith('/*') && essence.startsWith(type.slice(0, -1))),
  );
  if (types.length > 0 && !isAllowed)
    throw new Failure('type_refused', `This file type is not allowed for route ${slug}`);
}

/** A size in the format of UploadKit, in units of 1024: `4 MB`, `1.5 GB`. Sizes below 1 KB are in bytes. */
function describeSize(bytes: number): string {
  const units = [
    ['GB', 1024 ** 3],
    ['MB', 1024 ** 2],
    ['KB', 1024],
  ] as const;
  const [unit, length] = units.find(([, length]) => bytes >= length) ?? ['bytes', 1];
  return `${Math.round((bytes / length) * 100) / 100} ${unit}`;
}
