import { Type } from '@sinclair/typebox';
import type { ListRequest } from '../../core/objects/objects.ts';

/** `cursor` and `limit` of a list. A limit that is not a number becomes NaN, which the core rejects. */
export function listRequestIn(query: URLSearchParams): Pick<ListRequest, 'cursor' | 'limit'> {
  const limit = given(query, 'limit');
  return {
    cursor: given(query, 'cursor'),
    limit: limit === undefined ? undefined : /^\d{1,9}$/.test(limit) ? Number(limit) : Number.NaN,
  };
}

/** A parameter of the query; undefined if it is absent or empty. */
export function given(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

/** The query parameters of a list. @param maximum The maximum number of entries of a list page. */
export function pageQuery(maximum: number) {
  return {
    cursor: Type.Optional(Type.String({ description: 'The cursor of the previous page.' })),
    limit: Type.Optional(
      Type.Integer({ description: 'Entries per page.', minimum: 1, maximum, default: 50 }),
    ),
  };
}
