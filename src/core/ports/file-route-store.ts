/** A rule for uploads: which types, and how large. Webhooks are told of what came by it. */
export type FileRoute = {
  accountId: string;
  slug: string;
  /** Bytes. */
  maxSize: number;
  /** MIME types, or all of a kind: `image/*`; empty for any. */
  types: string[];
  webhook: { id: string; url: string } | null;
  createdAt: number;
};

export interface FileRouteStore {
  /** @returns False where the account has a route of this slug. */
  insert(route: FileRoute): Promise<boolean>;
  find(accountId: string, slug: string): Promise<FileRoute | undefined>;
  list(): Promise<(FileRoute & { accountName: string | null })[]>;
  /** @returns Whether there was one. */
  remove(accountId: string, slug: string): Promise<boolean>;
}
