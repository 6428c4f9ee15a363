/** A rule for uploads: types, maximum size, and the webhook that reports them. */
export type FileRoute = {
  accountId: string;
  slug: string;
  /** Bytes. */
  maxSize: number;
  /** MIME types or ranges such as `image/*`; empty for any. */
  types: string[];
  webhook: { id: string; url: string } | null;
  createdAt: number;
};

export interface FileRouteStore {
  /** @returns `exists` if the account already has a route with this slug. */
  insert(route: FileRoute): Promise<'inserted' | 'exists'>;
  find(accountId: string, slug: string): Promise<FileRoute | undefined>;
  list(): Promise<(FileRoute & { accountName: string | null })[]>;
  /** @returns Whether it existed. */
  remove(accountId: string, slug: string): Promise<boolean>;
}
