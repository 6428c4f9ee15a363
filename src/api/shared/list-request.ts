import type { ListRequest } from '../../core/objects/objects.ts';

/** `cursor` and `limit` of a list; what is no number is left for the core to refuse. */
export function listRequestIn(query: URLSearchParams): Pick<ListRequest, 'cursor' | 'limit'> {
  const limit = query.get('limit');
  return {
    cursor: query.get('cursor') ?? undefined,
    limit: limit === null ? undefined : /^\d{1,9}$/.test(limit) ? Number(limit) : Number.NaN,
  };
}
